import * as AgentRunners from "@nominal-code/agent/AgentRunners"
import * as ApiAgent from "@nominal-code/agent/ApiAgent"
import * as RecordedCalls from "@nominal-code/agent/RecordedCalls"
import { Effect, Layer, Option } from "effect"
import * as Configured from "./Configured.ts"
import * as SocketPaths from "./isolated/SocketPaths.ts"

const providers = RecordedCalls.layer.pipe(Layer.provide(Configured.ratedModels))

/** The loop over a model's API: in a container of its own where this one is the publisher of a Job with isolation. */
const api = Layer.unwrap(Effect.map(
  SocketPaths.agent,
  Option.match({
    onNone: () => ApiAgent.layer,
    onSome: (path) =>
      Layer.unwrap(Effect.map(Effect.promise(() => import("./isolated/Publisher.ts")), ({ agent }) => agent(path)))
  })
)).pipe(Layer.provide(providers))

/** The agents of a review, each with the runner that its job names. */
export const agent = AgentRunners.layer({ api, "claude-code": Configured.claudeCode })

/** Layers of one review, beside its configuration and its conversation: forges, workspace and agent. */
export const layer = Layer.mergeAll(Configured.forges, Configured.workspace, agent)
