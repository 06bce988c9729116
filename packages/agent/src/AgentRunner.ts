import type { Conversation } from "@nominal-code/domain/model/Conversation"
import type { SpendLimit } from "@nominal-code/domain/model/SpendLimits"
import type { UsageSummary } from "@nominal-code/domain/model/Usage"
import type { AgentSettings } from "@nominal-code/domain/settings/ReviewSettings"
import type { LlmError } from "@nominal-code/llm/LlmError"
import type { ToolSpec } from "@nominal-code/llm/LlmProvider"
import type { StoreError } from "@nominal-code/persistence/StoreError"
import type { Tool } from "@nominal-code/workspace/Tool"
import { Context, type Effect, type JsonSchema, type Option, type Schema } from "effect"
import type { Exploration, ExplorerSettings } from "./Explorers.ts"

/** The answer that an agent has to submit, and the tool that submits it. */
export interface Submission<A> {
  readonly toolName: string
  readonly description: string
  /** Schema of the answer. The model sees its JSON Schema. */
  readonly input: Schema.Top
  /** The JSON Schema that the model sees in place of that one's. */
  readonly inputSchema?: JsonSchema.JsonSchema | undefined
  /**
   * Decodes the model's input. The text of a failure goes back to the model, which may try again; with `lenient` (the
   * last chance) a partly usable input is accepted.
   */
  decode(input: unknown, options: { readonly lenient: boolean }): Effect.Effect<A, string>
  /** True if an answer in words alone ends the task as well. */
  readonly acceptsText?: boolean
}

/** One task for an agent. */
export interface AgentTask<A> {
  readonly settings: AgentSettings
  readonly system: string
  readonly prompt: string
  /**
   * Shorter prompt, shorter still with each call, for a model that refuses the prompt as too long; none: it gets no
   * shorter.
   */
  readonly shorter?: Effect.Effect<Option.Option<string>> | undefined
  /** The only tools that the agent has. None of them reaches a forge, the network or a shell. */
  readonly tools: ReadonlyArray<Tool>
  /**
   * Tools that the model is shown and that do not run: those of another task, which has the same system prompt. A provider
   * reads from its cache what both begin with. Claude Code shows none.
   */
  readonly shown?: ReadonlyArray<ToolSpec> | undefined
  /** Agents that the model may start beside itself; absent: none. Claude Code starts none. */
  readonly explorers?: ExplorerSettings | undefined
  readonly history: Conversation
  /** True if it goes on with work that was paid, and would be paid again if this task failed. */
  readonly isContinuation?: boolean
  /** True if it ends with its turns: no further call, with other tools and so past the cache, demands the submission. */
  readonly endsWithTurns?: boolean
  readonly submission: Submission<A>
  /** Cost cap of the task in US dollars, beside the limits of its `SpendScope`; absent: no cap. */
  readonly maxCostUsd?: number | undefined
}

/** Result of a task. */
export interface AgentResult<A> {
  /** None if the turns, the retries or the budget ran out first. */
  readonly answer: Option.Option<A>
  /** The last text that the model wrote. It may hold an answer that was not submitted. */
  readonly text: string
  /** All messages, every tool call answered, so that a later task can continue the conversation. */
  readonly conversation: Conversation
  readonly turns: number
  /** Usage of all calls, those of explorers among them. */
  readonly usage: UsageSummary
  /** Work of the explorers that came to an end, in the order of their ends. */
  readonly explorations?: ReadonlyArray<Exploration>
  /** The limit of dollars that ended it, before its last call or with it; there may be an answer all the same. */
  readonly limit?: SpendLimit
  /** Reason for the end: `submitted`, or why there is no answer (`turns`, `budget`, `prose`). */
  readonly stopped: "submitted" | "turns" | "budget" | "prose"
}

/** Runner of agent tasks. It does not require `Forge`, so nothing that the model says can reach one. */
export class AgentRunner extends Context.Service<AgentRunner, {
  run<A>(task: AgentTask<A>): Effect.Effect<AgentResult<A>, LlmError | StoreError>
}>()("@nominal-code/agent/AgentRunner") {}
