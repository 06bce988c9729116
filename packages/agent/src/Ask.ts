import { appendUserText, Block, bytesOf } from "@nominal-code/domain/model/Conversation"
import type { SpendLimit } from "@nominal-code/domain/model/SpendLimits"
import { Usage } from "@nominal-code/domain/model/Usage"
import type { NextCall } from "@nominal-code/llm/CallEstimate"
import { LlmError } from "@nominal-code/llm/LlmError"
import type { LlmResponse, ToolSpec } from "@nominal-code/llm/LlmProvider"
import { largestOutputOf } from "@nominal-code/llm/ModelOutput"
import type { StoreError } from "@nominal-code/persistence/StoreError"
import { Duration, Effect, Option, Result } from "effect"
import { AgentEvent, AgentProgress } from "./AgentProgress.ts"
import * as Compaction from "./Compaction.ts"
import * as ServiceWait from "./ServiceWait.ts"
import { compactable, handOver, replaceMessages, replacePrompt, type Session, type State } from "./Session.ts"

/** Largest number of output tokens that a call asks for. */
const mostOutput = 16_384

/** Options of one model call, beside the conversation. */
export interface ModelQuestion {
  readonly specs: ReadonlyArray<ToolSpec>
  /** True if no other call follows. */
  readonly isLast: boolean
  /** Instruction to finish, added before the last call; the model then has to call a tool. */
  readonly demand: string
}

/** The model's answer, and the state after it. `isLast`: no other call follows. */
export interface ModelReply {
  readonly state: State
  readonly response: LlmResponse
  readonly isLast: boolean
}

/** Limit on how often one call shortens its conversation. */
const maxCuts = 8

/** Repetitions of one call: how often it may still be shortened, and how long it has waited. */
interface Repetitions {
  readonly cuts: number
  readonly waited: Duration.Duration
}

/**
 * Calls the model, within what the task may spend. While it refuses the conversation as too long, the call is repeated
 * with less in it: first without the messages before and after the prompt, then with a shorter prompt. If the model is
 * away, the next one of the task gets the conversation. If all are away, a conversation that was paid waits for them, as
 * long as its run has the time.
 */
export const ask = <A>(
  session: Session<A>,
  state: State,
  asked: ModelQuestion,
  repetitions: Repetitions = { cuts: maxCuts, waited: Duration.zero }
): Effect.Effect<Result.Result<ModelReply, SpendLimit>, LlmError | StoreError> =>
  Effect.catchTag(askOnce(session, state, asked, repetitions.waited), "LlmError", (error) =>
    Effect.gen(function*() {
      const { cuts, waited } = repetitions
      const less = error.reason !== "context-too-long" || cuts === 0 ? Option.none() : yield* cutDown(session, state)
      if (Option.isSome(less)) {
        yield* Effect.logWarning("The conversation was too long for the model and was cut down")
        return yield* ask(session, less.value, asked, { cuts: cuts - 1, waited })
      }
      const replaced = yield* Effect.result(session.models.replace(error))
      if (Result.isFailure(replaced)) {
        const wait = yield* waitOutage(session, state, replaced.failure, waited)
        const isOther = yield* session.models.restart
        return yield* ask(session, isOther ? handOver(state) : state, asked, {
          cuts,
          waited: Duration.sum(waited, wait)
        })
      }
      const { model, provider } = replaced.success
      yield* (yield* AgentProgress)(AgentEvent.cases.Replaced.make({ provider, model }))
      return yield* ask(session, handOver(state), asked, repetitions)
    }))

/** Waits for models that are away. Fails where nothing was paid yet, so that the job waits, or where there is no time. */
const waitOutage = Effect.fnUntraced(
  function*<A>({ task }: Session<A>, { turns }: State, error: LlmError, waited: Duration.Duration) {
    const wait = turns > 0 || task.isContinuation === true
      ? yield* ServiceWait.waitAfter(error, waited)
      : Option.none<Duration.Duration>()
    if (Option.isNone(wait)) return yield* error
    yield* ServiceWait.waitFor(error.provider, wait.value, error.message)
    return wait.value
  }
)

const cutDown = Effect.fnUntraced(function*<A>(session: Session<A>, state: State) {
  const squeezed = Compaction.squeeze(yield* compactable(session, state))
  if (Option.isSome(squeezed)) return Option.some(replaceMessages(state, squeezed.value))
  return Option.map(yield* session.task.shorter ?? Effect.succeedNone, (prompt) => replacePrompt(state, prompt))
})

const askOnce = Effect.fnUntraced(function*<A>(
  session: Session<A>,
  state: State,
  asked: ModelQuestion,
  waited: Duration.Duration
) {
  const { models, task: { system } } = session
  const { call, model, provider } = yield* models.current
  const sent = yield* call({
    next: nextCall(session, state, asked, model),
    closing: asked.isLast,
    system,
    messages: state.messages,
    tools: asked.specs,
    demand: asked.demand,
    hasSubstitute: yield* models.hasNext,
    waitedMillis: Duration.toMillis(waited)
  })
  if (Result.isFailure(sent)) return Result.fail(sent.failure)
  const { costUsd, isLast, limit, response } = sent.success
  const messages = isLast ? appendUserText(state.messages, asked.demand) : state.messages
  yield* (yield* AgentProgress)(AgentEvent.cases.Answered.make({
    usage: response.usage,
    ...(Option.isSome(costUsd) ? { costUsd: costUsd.value } : {})
  }))
  if (response.stop === "refusal") return yield* refused(provider, model)
  const text = response.content.filter(Block.guards.Text).map(({ text }) => text).join("\n").trim()
  const said: State = {
    ...state,
    messages: [...messages, { role: "assistant", content: spoken(response.content) }],
    text: text === "" ? state.text : text,
    limit,
    previous: response.usage
  }
  yield* Effect.logDebug("The model answered").pipe(
    Effect.annotateLogs({ turn: state.turns, stop: response.stop, tokens: response.usage.total })
  )
  const reply: ModelReply = { state: said, response, isLast }
  return Result.succeed(reply)
})

const isBlank = (block: Block) => Block.guards.Text(block) && block.text.trim() === ""

/** Blocks that every provider accepts: no blank text, and never an empty list. */
const spoken = (content: ReadonlyArray<Block>): ReadonlyArray<Block> => {
  const said = content.filter((block) => !isBlank(block))
  return said.every(Block.guards.Opaque) ? [...said, Block.cases.Text.make({ text: "(nothing)" })] : said
}

/** The next call, as far as its cost depends on it. */
const nextCall = <A>(
  { task }: Session<A>,
  state: State,
  { demand, specs }: ModelQuestion,
  model: string
): NextCall => {
  const unsent = state.previous === Usage.none ? state.messages : state.messages.slice(-1)
  const fixed = state.previous === Usage.none ? Buffer.byteLength(task.system + JSON.stringify(specs)) : 0
  return {
    previous: state.previous,
    // The demand is sent with the last call only, and no one knows yet if this is it.
    newBytes: fixed + Buffer.byteLength(demand) + unsent.reduce((sum, message) => sum + bytesOf(message), 0),
    maxOutputTokens: Math.min(mostOutput, Option.getOrElse(largestOutputOf(model), () => mostOutput))
  }
}

const refused = (provider: string, model: string) =>
  new LlmError({ provider, reason: "refused", message: `${model} declined to review this pull request` })
