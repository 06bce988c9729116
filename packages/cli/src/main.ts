import { NodeRuntime, NodeServices } from "@effect/platform-node"
import { Effect } from "effect"
import * as Cli from "./Cli.ts"
import * as Signals from "./Signals.ts"

Signals.exitOnSecond()

NodeRuntime.runMain(Cli.run.pipe(Effect.provide(NodeServices.layer)), {
  disableErrorReporting: true,
  teardown: Cli.teardown
})
