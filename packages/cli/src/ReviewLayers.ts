import * as AgentRunners from "@nominal-code/agent/AgentRunners"
import * as ApiAgent from "@nominal-code/agent/ApiAgent"
import * as RecordedCalls from "@nominal-code/agent/RecordedCalls"
import { Layer } from "effect"
import * as Configured from "./Configured.ts"

/** The agents of a review, each with the runner that its job names. */
export const agent = AgentRunners.layer({
  api: ApiAgent.layer.pipe(Layer.provide(RecordedCalls.layer), Layer.provide(Configured.ratedModels)),
  "claude-code": Configured.claudeCode
})

/** Layers of one review, beside its configuration and its conversation: forges, workspace and agent. */
export const layer = Layer.mergeAll(Configured.forges, Configured.workspace, agent)
