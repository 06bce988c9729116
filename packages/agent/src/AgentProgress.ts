import { Usage } from "@nominal-code/domain/model/Usage"
import { Context, Effect, Schema } from "effect"

/** The explorer that did it, by its kind and number; absent: the task's own agent. */
const agent = Schema.optionalKey(Schema.String)

/** Event of an agent's work. */
export const AgentEvent = Schema.TaggedUnion({
  /** A model call was answered. `costUsd` is absent if the model has no known price. */
  Answered: { usage: Usage, costUsd: Schema.optionalKey(Schema.Finite), agent },
  /** A model is away, and this one goes on. */
  Replaced: { provider: Schema.String, model: Schema.String, agent },
  /** A call waits for its turn, because the calls of the service keep to a rate. */
  Waiting: { provider: Schema.String, millis: Schema.Finite, agent },
  /** A tool starts, with the input that the model wrote. */
  ToolStarted: { tool: Schema.String, input: Schema.Unknown, agent }
})
export type AgentEvent = typeof AgentEvent.Type

/** Listener to the agents of a process, by default none. An agent waits for it before it goes on. */
export const AgentProgress = Context.Reference<(event: AgentEvent) => Effect.Effect<void>>(
  "@nominal-code/agent/AgentProgress",
  { defaultValue: () => () => Effect.void }
)
