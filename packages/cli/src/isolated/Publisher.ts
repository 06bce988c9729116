import * as IsolatedAgent from "@nominal-code/agent/isolated/IsolatedAgent"
import * as TaskModel from "@nominal-code/agent/TaskModel"
import { providerNames } from "@nominal-code/config/settings/Providers"
import { limitsWithin } from "@nominal-code/llm/Retry"
import * as RemoteModels from "@nominal-code/llm/sidecar/RemoteModels"
import { type Duration, Layer } from "effect"
import * as Sockets from "./Sockets.ts"

/*
 * Layers of the publisher, the container of an isolated Job that posts: clients of its models' container and of its
 * agent's. No other program loads this module.
 */

/** The models, called by the container that has their keys. */
export const models = (path: string, deadline: Duration.Duration) =>
  RemoteModels.layer({ names: providerNames, limits: limitsWithin(deadline) }).pipe(Layer.provide(Sockets.client(path)))

/** The agents, run by a container without any secret. */
export const agent = (path: string) => IsolatedAgent.layer.pipe(Layer.provide([TaskModel.layer, Sockets.server(path)]))
