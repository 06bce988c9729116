import * as ApiAgent from "@nominal-code/agent/ApiAgent"
import { Layer } from "effect"
import * as Configured from "./Configured.ts"

/** The agent of one review. */
export const agent = ApiAgent.layer.pipe(Layer.provide(Configured.models))

/** Layers of one review, beside its configuration and its conversation: forges, workspace and agent. */
export const layer = Layer.mergeAll(Configured.forges, Configured.workspace, agent)
