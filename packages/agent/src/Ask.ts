import { appendUserText, Block, sizeOf } from "@nominal-code/domain/Conversation"
import { Usage } from "@nominal-code/domain/Usage"
import * as Budget from "@nominal-code/llm/Budget"
import { LlmError } from "@nominal-code/llm/LlmError"
import type { LlmResponse, ToolSpec } from "@nominal-code/llm/LlmProvider"
import { costOf } from "@nominal-code/llm/Pricing"
import { Effect, Option } from "effect"
import { AgentEvent, AgentProgress } from "./AgentProgress.ts"
import * as Compaction from "./Compaction.ts"
import { compactable, recompacted, reprompted, type Session, type State } from "./Session.ts"

/** Largest number of output tokens of one call. */
const maxOutputTokens = 16_384

/** Options of one model call, beside the conversation. */
export interface ModelQuestion {
  readonly specs: ReadonlyArray<ToolSpec>
  readonly maxOutputTokens: number
  /** Instruction to finish, added before the call; the model then has to call a tool. */
  readonly words: Option.Option<string>
}

/** Limit on how often one call shortens its conversation. */
const maxCuts = 8

/**
 * Calls the model. While it refuses the conversation as too long, the call is repeated with less in it: first without
 * the messages before and after the prompt, then with a shorter prompt.
 */
export const ask = <A>(
  session: Session<A>,
  state: State,
  asked: ModelQuestion,
  cuts = maxCuts
): Effect.Effect<readonly [State, LlmResponse], LlmError> =>
  Effect.catchIf(
    askOnce(session, state, asked),
    ({ reason }) => reason === "context-too-long" && cuts > 0,
    (error) =>
      Effect.gen(function*() {
        const less = yield* cutDown(session, state)
        if (Option.isNone(less)) return yield* error
        yield* Effect.logWarning("The conversation was too long for the model and was cut down")
        return yield* ask(session, less.value, asked, cuts - 1)
      })
  )

const cutDown = Effect.fnUntraced(function*<A>(session: Session<A>, state: State) {
  const squeezed = Compaction.squeeze(yield* compactable(session, state))
  if (Option.isSome(squeezed)) return Option.some(recompacted(state, squeezed.value))
  return Option.map(yield* session.task.shorter ?? Effect.succeedNone, (prompt) => reprompted(state, prompt))
})

const askOnce = Effect.fnUntraced(function*<A>(session: Session<A>, state: State, asked: ModelQuestion) {
  const { llm, task } = session
  const messages = Option.match(asked.words, {
    onNone: () => state.messages,
    onSome: (words) => appendUserText(state.messages, words)
  })
  const response = yield* llm.send({
    model: task.settings.model,
    system: task.system,
    messages,
    tools: asked.specs,
    toolChoice: Option.isSome(asked.words) ? "required" : "auto",
    maxOutputTokens: asked.maxOutputTokens
  })
  yield* (yield* AgentProgress)(AgentEvent.cases.Answered.make({
    usage: response.usage,
    ...Option.match(costOf(task.settings.model, response.usage), {
      onNone: () => ({}),
      onSome: (costUsd) => ({ costUsd })
    })
  }))
  if (response.stop === "refusal") return yield* refused(llm.name, task.settings.model)
  const text = response.content.filter(Block.guards.Text).map(({ text }) => text).join("\n").trim()
  const said: State = {
    ...state,
    messages: [...messages, { role: "assistant", content: spoken(response.content) }],
    text: text === "" ? state.text : text,
    spent: Budget.plus(state.spent, task.settings.model, response.usage),
    previous: response.usage
  }
  yield* Effect.logDebug("The model answered").pipe(
    Effect.annotateLogs({ turn: state.turns, stop: response.stop, tokens: response.usage.total })
  )
  return [said, response] as const
})

const isBlank = (block: Block) => Block.guards.Text(block) && block.text.trim() === ""

/** Blocks that every provider accepts: no blank text, and never an empty list. */
const spoken = (content: ReadonlyArray<Block>): ReadonlyArray<Block> => {
  const said = content.filter((block) => !isBlank(block))
  return said.every(Block.guards.Opaque) ? [...said, Block.cases.Text.make({ text: "(nothing)" })] : said
}

/** Output tokens that the next call may use within the task's cost cap. */
export const roomFor = <A>({ task }: Session<A>, state: State, specs: ReadonlyArray<ToolSpec>): Budget.Room => {
  const unsent = state.previous === Usage.none ? state.messages : state.messages.slice(-1)
  const fixed = state.previous === Usage.none ? task.system.length + JSON.stringify(specs).length : 0
  return Budget.room({
    model: task.settings.model,
    maxCostUsd: task.maxCostUsd,
    spent: state.spent,
    previous: state.previous,
    newCharacters: fixed + unsent.reduce((sum, message) => sum + sizeOf(message), 0),
    maxOutputTokens
  })
}

const refused = (provider: string, model: string) =>
  new LlmError({ provider, reason: "refused", message: `${model} declined to review this pull request` })
