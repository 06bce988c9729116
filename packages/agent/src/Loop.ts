import { Block } from "@nominal-code/domain/Conversation"
import { Usage } from "@nominal-code/domain/Usage"
import * as Budget from "@nominal-code/llm/Budget"
import type { LlmError } from "@nominal-code/llm/LlmError"
import type { LlmResponse } from "@nominal-code/llm/LlmProvider"
import { Effect, Option } from "effect"
import type { AgentResult } from "./AgentRunner.ts"
import { ask, roomFor } from "./Ask.ts"
import * as Compaction from "./Compaction.ts"
import * as LastTurn from "./LastTurn.ts"
import { answered, compactable, recompacted, type Session, start, type State, told } from "./Session.ts"
import * as ToolCalls from "./ToolCalls.ts"

/** Where the turns are not limited, the loop still ends. */
const turnCeiling = 200

/** Wrong submissions that the model may repair. The one after them has to do, as far as it can be used. */
const repairs = 2

type Step<A> =
  | { readonly _tag: "Next"; readonly state: State }
  | { readonly _tag: "Done"; readonly result: AgentResult<A> }

type Stopped = AgentResult<unknown>["stopped"]

/** Turns of model and tools until the answer is handed in, or the turns, the chances or the money run out. */
export const run = Effect.fnUntraced(function*<A>(session: Session<A>) {
  let step: Step<A> = next(start(session))
  while (step._tag === "Next") step = yield* turn(session, step.state)
  return step.result
})

const turn = <A>(session: Session<A>, state: State): Effect.Effect<Step<A>, LlmError> =>
  Effect.gen(function*() {
    const limit = session.task.settings.maxTurns === 0 ? turnCeiling : session.task.settings.maxTurns
    if (state.turns >= limit) return yield* lastChance(session, state)
    const { final, ordinary } = roomFor(session, state, session.specs)
    if (final === 0) return yield* stop(session, state, "budget")
    const lastForMoney = ordinary === 0
    const last = lastForMoney || state.turns === limit - 1
    const [said, response] = yield* ask(session, state, {
      specs: session.specs,
      maxOutputTokens: last ? final : ordinary,
      words: last ? Option.some(LastTurn.demand(session.submit.name)) : Option.none()
    })
    const step = yield* react(session, said, response, last)
    // The money was counted for this call only: there is none for a fallback.
    return step._tag === "Next" && lastForMoney ? yield* stop(session, step.state, "budget") : step
  })

/** What an answer leads to. It counts as a turn, whatever it is. */
const react = <A>(
  session: Session<A>,
  before: State,
  response: LlmResponse,
  last: boolean
): Effect.Effect<Step<A>, LlmError> => {
  const state = { ...before, turns: before.turns + 1 }
  const calls = ToolCalls.callsIn(response.content)
  const submission = calls.find(({ name }) => name === session.submit.name)
  if (submission !== undefined) return submitted(session, state, calls, submission, last)
  if (calls.length > 0) {
    return Effect.flatMap(
      ToolCalls.runAll(session.tools, calls),
      (results) => compacted(session, answered(state, results))
    )
  }
  if (response.stop === "length") return Effect.succeed(next(told(state, LastTurn.shorter(session.submit.name))))
  // On the last turn, the fallback is the nudge.
  if (last) return Effect.succeed(next(state))
  if (state.nudged) return stop(session, state, "prose")
  return Effect.succeed(next({ ...told(state, LastTurn.nudge(session.submit.name)), nudged: true }))
}

/** A submission ends the task if it can be read. The first one of a turn counts; the turn's other calls are answered. */
const submitted = <A>(
  session: Session<A>,
  state: State,
  calls: ReadonlyArray<ToolCalls.ToolCall>,
  submission: ToolCalls.ToolCall,
  last: boolean
): Effect.Effect<Step<A>> => {
  const lenient = last || state.rejected >= repairs
  const others = calls.filter((call) => call !== submission)
  return session.task.submission.decode(submission.input, { lenient }).pipe(
    Effect.map((answer): Step<A> => {
      const results = calls.map((call) =>
        ToolCalls.answer(call, call === submission ? "Received." : "Not run: the answer was handed in.")
      )
      return done(session, answered(state, results), Option.some(answer), "submitted")
    }),
    Effect.catch((wrong) =>
      Effect.gen(function*() {
        const ran = yield* ToolCalls.runAll(session.tools, others.filter(({ name }) => name !== submission.name))
        const second = others.filter(({ name }) => name === submission.name).map((call) =>
          ToolCalls.answer(call, "Not read: only the first submission of a turn counts.", true)
        )
        const refusal = ToolCalls.answer(submission, `Not accepted: ${wrong}\nCorrect it and submit again.`, true)
        const rejected: State = {
          ...answered(state, inOrder(calls, [refusal, ...ran, ...second])),
          rejected: state.rejected + 1,
          rejectedInput: Option.some(submission.input)
        }
        return lenient && !last ? yield* stop(session, rejected, "turns") : next(rejected)
      })
    )
  )
}

/** One more call with nothing but the submission on offer. It reads the whole conversation: what was found is in it. */
const lastChance = <A>(session: Session<A>, before: State): Effect.Effect<Step<A>, LlmError> =>
  Effect.gen(function*() {
    // Another set of tools is another conversation to the provider: nothing of it is cached, its own blocks are void.
    const state = { ...before, messages: before.messages.map(Compaction.withoutOpaque), previous: Usage.none }
    const specs = [session.submit]
    const { final } = roomFor(session, state, specs)
    if (final === 0) return yield* stop(session, state, "budget")
    const words = LastTurn.order(session.submit.name, yield* session.notes.text)
    const [said, response] = yield* ask(session, state, { specs, maxOutputTokens: final, words: Option.some(words) })
    const calls = ToolCalls.callsIn(response.content)
    const submission = calls.find(({ name }) => name === session.submit.name)
    const step = submission === undefined
      ? next(answered(said, yield* ToolCalls.runAll([], calls)))
      : yield* submitted(session, said, calls, submission, true)
    return step._tag === "Done" ? step : yield* stop(session, step.state, "turns")
  })

/** The end without an answer, unless something can be used of the last submission that was refused. */
const stop = <A>(session: Session<A>, state: State, stopped: Stopped): Effect.Effect<Step<A>> =>
  Effect.fromOption(state.rejectedInput).pipe(
    Effect.flatMap((input) => session.task.submission.decode(input, { lenient: true })),
    Effect.option,
    Effect.map((answer) => done(session, state, answer, Option.isSome(answer) ? "submitted" : stopped))
  )

/** After the results of a turn: shorter, once the context has grown too large and the notes can take its place. */
const compacted = <A>(session: Session<A>, state: State): Effect.Effect<Step<A>> =>
  state.previous.total < Compaction.threshold ? Effect.succeed(next(state)) : compactable(session, state).pipe(
    Effect.map(Compaction.compact),
    Effect.map(Option.match({
      onNone: () => next(state),
      onSome: (messages) => next(recompacted(state, messages))
    }))
  )

const next = (state: State): Step<never> => ({ _tag: "Next", state })

const done = <A>({ llm, task }: Session<A>, state: State, answer: Option.Option<A>, stopped: Stopped): Step<A> => ({
  _tag: "Done",
  result: {
    answer,
    text: state.text,
    conversation: { messages: state.messages.map(Compaction.withoutOpaque) },
    turns: state.turns,
    usage: Budget.summarize(state.spent, llm.name, task.settings.model),
    stopped
  }
})

const inOrder = (calls: ReadonlyArray<ToolCalls.ToolCall>, results: ReadonlyArray<Block>): ReadonlyArray<Block> =>
  calls.flatMap(({ id }) => results.filter((block) => Block.guards.ToolResult(block) && block.toolUseId === id))
