import type { Conversation } from "@nominal-code/domain/Conversation"
import type { AgentSettings } from "@nominal-code/domain/ReviewSettings"
import type { UsageSummary } from "@nominal-code/domain/Usage"
import type { LlmError } from "@nominal-code/llm/LlmError"
import type { Tool } from "@nominal-code/workspace/Tool"
import { Context, type Effect, type Option, type Schema } from "effect"

/** The answer that the agent has to hand in, and the tool by which it does. */
export interface Submission<A> {
  readonly toolName: string
  readonly description: string
  /** Its JSON Schema is what the model is shown. */
  readonly input: Schema.Top
  /**
   * The answer in what the model wrote. A failure's text goes back to the model, which may try again; on the last
   * chance (`lenient`), what is usable of it has to do.
   */
  decode(input: unknown, options: { readonly lenient: boolean }): Effect.Effect<A, string>
}

/** One task for an agent. */
export interface AgentTask<A> {
  readonly settings: AgentSettings
  readonly system: string
  readonly prompt: string
  /** The prompt with less in it, and with still less each time, for a model that refuses it as too long; none: no shorter. */
  readonly shorter?: Effect.Effect<Option.Option<string>> | undefined
  /** What may be read, and nothing else: there is no forge, no network and no shell behind any of them. */
  readonly tools: ReadonlyArray<Tool>
  readonly history: Conversation
  readonly submission: Submission<A>
  /** US dollars that the task may cost; absent: no cap. */
  readonly maxCostUsd?: number | undefined
}

/** What came of a task. */
export interface AgentResult<A> {
  /** None when the turns, the chances or the budget ran out first. */
  readonly answer: Option.Option<A>
  /** The last text that the model wrote: where an answer may hide that it did not submit. */
  readonly text: string
  /** Everything said, with every tool call answered: fit to be continued. */
  readonly conversation: Conversation
  readonly turns: number
  readonly usage: UsageSummary
  /** Why it stopped without an answer: `turns`, `budget`, `prose`. */
  readonly stopped: "submitted" | "turns" | "budget" | "prose"
}

/** Turns a task into an answer. There is no `Forge` in its requirements: what the model says cannot reach one. */
export class AgentRunner extends Context.Service<AgentRunner, {
  run<A>(task: AgentTask<A>): Effect.Effect<AgentResult<A>, LlmError>
}>()("@nominal-code/agent/AgentRunner") {}
