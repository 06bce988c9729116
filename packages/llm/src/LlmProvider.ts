import type { Block, Message } from "@nominal-code/domain/model/Conversation"
import type { Usage } from "@nominal-code/domain/model/Usage"
import type { Effort } from "@nominal-code/domain/settings/ReviewSettings"
import { Context, type Effect, type JsonSchema, type Option } from "effect"
import type { LlmError } from "./LlmError.ts"

/** Description of a tool for a model. */
export interface ToolSpec {
  readonly name: string
  readonly description: string
  readonly inputSchema: JsonSchema.JsonSchema
}

/** One call of a model. System, tools and all messages but the last are the same from turn to turn: they get cached. */
export interface LlmRequest {
  readonly model: string
  readonly system: string
  readonly messages: ReadonlyArray<Message>
  readonly tools: ReadonlyArray<ToolSpec>
  /** `required`: the answer has to call a tool. */
  readonly toolChoice: "auto" | "required"
  readonly maxOutputTokens: number
  /** `json`: without tools, the answer is to be one JSON object. A hint: not every service can promise it. */
  readonly format?: "json"
  /** Effort of the model's thoughts; absent: as the service sets it for the model. */
  readonly effort?: Effort
}

/** The model's answer. `stop` is the reason for its end; `length`: it was cut off. */
export interface LlmResponse {
  readonly content: ReadonlyArray<Block>
  readonly stop: "end" | "tool-use" | "length" | "refusal"
  readonly usage: Usage
  /** Time that the call waited for its turn, because the calls of its service keep to a rate. */
  readonly waitedMillis?: number
}

/** Presence of a model at its service. */
export interface ModelPresence {
  readonly isThere: boolean
  /** Models that the service lists in its place. */
  readonly others: ReadonlyArray<string>
}

/** Presence of a model; none: the service does not tell, or not to these credentials. */
export type PresenceLookup = (model: string) => Effect.Effect<Option.Option<ModelPresence>, LlmError>

/** A model service: one typed request, one typed answer or one typed error. Retries and caching are inside. */
export class LlmProvider extends Context.Service<LlmProvider, {
  readonly name: string
  send(request: LlmRequest): Effect.Effect<LlmResponse, LlmError>
  /** Size of a model's context window in tokens; none: it is not known. Absent: of no model. */
  readonly windowOf?: (model: string) => Effect.Effect<Option.Option<number>>
  /** Absent: the service is asked by other means, or not at all. */
  readonly presenceOf?: PresenceLookup
}>()("@nominal-code/llm/LlmProvider") {}
