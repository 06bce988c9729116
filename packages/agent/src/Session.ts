import { answerOpenCalls, appendUserText, Block, type Message } from "@nominal-code/domain/model/Conversation"
import type { SpendLimit } from "@nominal-code/domain/model/SpendLimits"
import { Usage, type UsageSummary } from "@nominal-code/domain/model/Usage"
import type { ToolSpec } from "@nominal-code/llm/LlmProvider"
import type { Tool } from "@nominal-code/workspace/Tool"
import { Effect, Option } from "effect"
import type { AgentTask } from "./AgentRunner.ts"
import type * as Compaction from "./Compaction.ts"
import type { ModelChain } from "./ModelChain.ts"
import type { Notes } from "./Notes.ts"
import { translate } from "./Translation.ts"

/** The constant parts of a running task. */
export interface Session<A> {
  readonly models: ModelChain
  readonly task: AgentTask<A>
  readonly tools: ReadonlyArray<Tool>
  readonly submit: ToolSpec
  readonly specs: ReadonlyArray<ToolSpec>
  readonly notes: Notes
  /** Usage so far, that of explorers included. */
  readonly usage: Effect.Effect<UsageSummary>
}

/**
 * Progress of a task. Between two turns the conversation ends with a user message, and every call in it is answered.
 */
export interface State {
  readonly messages: ReadonlyArray<Message>
  /** The task's prompt, or the shorter one that took its place. */
  readonly prompt: string
  /** Index of the task's prompt among the messages. */
  readonly promptAt: number
  readonly turns: number
  readonly nudged: boolean
  /** Number of invalid submissions; `rejectedInput` is the newest. */
  readonly rejected: number
  readonly rejectedInput: Option.Option<unknown>
  /** The last text that the model wrote. */
  readonly text: string
  /** The limit of dollars that allowed no other call than the last one, or not even that. */
  readonly limit: Option.Option<SpendLimit>
  /** Usage of the last call. `Usage.none`: no call has sent the beginning of this conversation. */
  readonly previous: Usage
}

/** State before the first turn: the conversation of earlier reviews, and the task's prompt. */
export const start = <A>({ task }: Session<A>): State => {
  const history = translate(answerOpenCalls(task.history.messages))
  const messages = appendUserText(history, task.prompt)
  return {
    messages,
    prompt: task.prompt,
    promptAt: messages.length - 1,
    turns: 0,
    nudged: false,
    rejected: 0,
    rejectedInput: Option.none(),
    text: "",
    limit: Option.none(),
    previous: Usage.none
  }
}

/** Appends a message of ours. */
export const told = (state: State, text: string): State => ({
  ...state,
  messages: appendUserText(state.messages, text)
})

/** Appends the results of the last message's calls. */
export const answered = (state: State, results: ReadonlyArray<Block>): State =>
  results.length === 0 ? state : { ...state, messages: [...state.messages, { role: "user", content: results }] }

/** Replaces the conversation by a shorter one. */
export const replaceMessages = (state: State, messages: ReadonlyArray<Message>): State => ({
  ...state,
  messages,
  promptAt: 0,
  previous: Usage.none
})

/** Hands the conversation over to another model, which has seen nothing of it. */
export const handOver = (state: State): State => ({
  ...state,
  messages: translate(state.messages),
  previous: Usage.none
})

/** Replaces the task's prompt. */
export const replacePrompt = (state: State, prompt: string): State => ({
  ...state,
  messages: state.messages.map((message, at) =>
    at !== state.promptAt ? message : {
      role: message.role,
      content: message.content.map((block) =>
        Block.guards.Text(block) && block.text === state.prompt ? Block.cases.Text.make({ text: prompt }) : block
      )
    }
  ),
  prompt,
  previous: Usage.none
})

/** Input of a compaction, taken from the state. */
export const compactable = <A>({ notes }: Session<A>, { messages, prompt, promptAt }: State) =>
  Effect.map(notes.text, (text): Compaction.CompactionInput => ({ messages, promptAt, prompt, notes: text }))
