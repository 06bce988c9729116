import { Block } from "@nominal-code/domain/model/Conversation"
import type { SpendLimit } from "@nominal-code/domain/model/SpendLimits"
import { Usage } from "@nominal-code/domain/model/Usage"
import type { LlmError } from "@nominal-code/llm/LlmError"
import type { LlmResponse } from "@nominal-code/llm/LlmProvider"
import type { StoreError } from "@nominal-code/persistence/StoreError"
import { Effect, Option, Result } from "effect"
import type { AgentResult } from "./AgentRunner.ts"
import { ask } from "./Ask.ts"
import * as Compaction from "./Compaction.ts"
import * as LastTurn from "./LastTurn.ts"
import { answered, compactable, replaceMessages, type Session, start, type State, told } from "./Session.ts"
import * as ToolCalls from "./ToolCalls.ts"

/** Turn limit of a task without one of its own. */
const turnCeiling = 200

/** Number of invalid submissions that the model may repair. The next one is decoded leniently. */
const repairs = 2

type Step<A> =
  | { readonly _tag: "Next"; readonly state: State }
  | { readonly _tag: "Done"; readonly result: AgentResult<A> }

type StopReason = AgentResult<unknown>["stopped"]

/** Runs turns of model and tools until the answer is submitted, or the turns, the retries or the budget run out. */
export const run = Effect.fnUntraced(function*<A>(session: Session<A>) {
  let step: Step<A> = next(start(session))
  while (step._tag === "Next") step = yield* turn(session, step.state)
  return step.result
})

const turn = <A>(session: Session<A>, state: State): Effect.Effect<Step<A>, LlmError | StoreError> =>
  Effect.gen(function*() {
    const limit = session.task.settings.maxTurns === 0 ? turnCeiling : session.task.settings.maxTurns
    if (state.turns >= limit) {
      return yield* session.task.endsWithTurns === true ? stop(session, state, "turns") : lastChance(session, state)
    }
    const asked = yield* ask(session, state, {
      specs: session.specs,
      isLast: state.turns === limit - 1,
      demand: LastTurn.demand(session.submit.name)
    })
    if (Result.isFailure(asked)) return yield* stop(session, limited(state, asked.failure), "budget")
    const { isLast, response, state: said } = asked.success
    const step = yield* react(session, said, response, isLast)
    // The money was reserved for this call only: there is none for a fallback.
    return step._tag === "Next" && Option.isSome(said.limit) ? yield* stop(session, step.state, "budget") : step
  })

const limited = (state: State, limit: SpendLimit): State => ({ ...state, limit: Option.some(limit) })

/** Tells the model which turn is next, where turns are limited. Of the last one it is told by what is demanded then. */
const counted = <A>({ task: { settings: { maxTurns } } }: Session<A>, state: State): State =>
  state.turns + 1 < maxTurns ? told(state, LastTurn.count(state.turns + 1, maxTurns)) : state

/** Handles one answer of the model. Every answer counts as a turn. */
const react = <A>(
  session: Session<A>,
  before: State,
  response: LlmResponse,
  last: boolean
): Effect.Effect<Step<A>> => {
  const state = { ...before, turns: before.turns + 1 }
  const calls = ToolCalls.callsIn(response.content)
  const submission = calls.find(({ name }) => name === session.submit.name)
  if (submission !== undefined) return submitted(session, state, calls, submission, last)
  if (calls.length > 0) {
    return Effect.flatMap(
      ToolCalls.runAll(session.tools, calls),
      (results) => compacted(session, counted(session, answered(state, results)))
    )
  }
  if (response.stop === "length") return Effect.succeed(next(told(state, LastTurn.shorterTexts(session.submit.name))))
  if (session.task.submission.acceptsText === true) return stop(session, state, "prose")
  // On the last turn, the fallback is the nudge.
  if (last) return Effect.succeed(next(state))
  if (state.nudged) return stop(session, state, "prose")
  return Effect.succeed(next({ ...told(state, LastTurn.nudge(session.submit.name)), nudged: true }))
}

/**
 * Handles a submission, which ends the task if it decodes. Only the first one of a turn counts; the turn's other calls
 * are answered.
 */
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
    Effect.flatMap((answer) => {
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

/** One more call, with the submission as the only tool. It sends the whole conversation, which holds the findings. */
const lastChance = <A>(session: Session<A>, before: State): Effect.Effect<Step<A>, LlmError | StoreError> =>
  Effect.gen(function*() {
    // Another set of tools is another conversation to the provider: nothing of it is cached, its own blocks are void.
    const state = { ...before, messages: before.messages.map(Compaction.withoutOpaque), previous: Usage.none }
    const demand = LastTurn.order(session.submit.name, yield* session.notes.text)
    const asked = yield* ask(session, state, { specs: [session.submit], isLast: true, demand })
    if (Result.isFailure(asked)) return yield* stop(session, limited(state, asked.failure), "budget")
    const { response, state: said } = asked.success
    const calls = ToolCalls.callsIn(response.content)
    const submission = calls.find(({ name }) => name === session.submit.name)
    const step = submission === undefined
      ? next(answered(said, yield* ToolCalls.runAll([], calls)))
      : yield* submitted(session, said, calls, submission, true)
    return step._tag === "Done" ? step : yield* stop(session, step.state, "turns")
  })

/** Ends without an answer, unless the last refused submission is partly usable. */
const stop = <A>(session: Session<A>, state: State, stopped: StopReason): Effect.Effect<Step<A>> =>
  Effect.fromOption(state.rejectedInput).pipe(
    Effect.flatMap((input) => session.task.submission.decode(input, { lenient: true })),
    Effect.option,
    Effect.flatMap((answer) => done(session, state, answer, Option.isSome(answer) ? "submitted" : stopped))
  )

/** Compacts the conversation after a turn, once it is too large and notes can replace it. */
const compacted = <A>(session: Session<A>, state: State): Effect.Effect<Step<A>> =>
  Effect.gen(function*() {
    const { contextWindow } = yield* session.models.current
    if (state.previous.total < Compaction.thresholdOf(contextWindow)) return next(state)
    return Option.match(Compaction.compact(yield* compactable(session, state)), {
      onNone: () => next(state),
      onSome: (messages) => next(replaceMessages(state, messages))
    })
  })

const next = (state: State): Step<never> => ({ _tag: "Next", state })

const done = <A>(
  { usage }: Session<A>,
  state: State,
  answer: Option.Option<A>,
  stopped: StopReason
): Effect.Effect<Step<A>> =>
  Effect.map(usage, (usage) => ({
    _tag: "Done",
    result: {
      answer,
      text: state.text,
      conversation: { messages: state.messages.map(Compaction.withoutOpaque) },
      turns: state.turns,
      usage,
      ...Option.match(state.limit, { onNone: () => ({}), onSome: (limit) => ({ limit }) }),
      stopped
    }
  }))

const inOrder = (calls: ReadonlyArray<ToolCalls.ToolCall>, results: ReadonlyArray<Block>): ReadonlyArray<Block> =>
  calls.flatMap(({ id }) => results.filter((block) => Block.guards.ToolResult(block) && block.toolUseId === id))
