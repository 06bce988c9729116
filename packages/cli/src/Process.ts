import * as NodeRuntime from "@effect/platform-node/NodeRuntime"
import * as NodeServices from "@effect/platform-node/NodeServices"
import { NodeVersion } from "@nominal-code/config/Proxy"
import { Effect, Layer, Option, type Runtime } from "effect"
import process from "node:process"
import * as EngineOptions from "./EngineOptions.ts"
import * as NodeExchange from "./NodeExchange.ts"
import * as NodeFetch from "./NodeFetch.ts"
import * as Signals from "./Signals.ts"

/**
 * Fails a program whose output was lost, as on a full disk. A reader that has closed its pipe wants no more, and a line
 * of the log or of the progress that is lost stops nothing.
 */
const failingOnLostOutput = (teardown: Runtime.Teardown): Runtime.Teardown => {
  let lost: string | undefined
  process.stdout.on("error", (error: NodeJS.ErrnoException) => {
    if (error.code !== "EPIPE") lost ??= error.message
  })
  process.stderr.on("error", () => {})
  return (exit, onExit) =>
    teardown(exit, (code) =>
      // The stream tells of its error after the write.
      setImmediate(() => {
        if (lost !== undefined) process.stderr.write(`nominal-code: the output could not be written: ${lost}\n`)
        EngineOptions.endCompilation(() => onExit(lost !== undefined && code === 0 ? 1 : code))
      }))
}

/**
 * Runs the program of this process. SIGINT, SIGTERM and SIGHUP interrupt it; a second signal ends the process without
 * waiting. It fails if its output could not be written.
 */
export const run = <E>(
  program: Effect.Effect<void, E, NodeServices.NodeServices>,
  teardown: Runtime.Teardown
): void => {
  const own = program.pipe(
    Effect.provideService(Signals.InterruptedCode, Signals.listen()),
    Effect.provideService(NodeVersion, Option.some(process.versions.node))
  )
  const services = Layer.mergeAll(NodeServices.layer, NodeExchange.layer, NodeFetch.layer)
  NodeRuntime.runMain(Effect.provide(own, services), {
    disableErrorReporting: true,
    teardown: failingOnLostOutput(teardown)
  })
}
