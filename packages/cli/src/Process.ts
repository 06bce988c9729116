import { NodeRuntime, NodeServices } from "@effect/platform-node"
import { Effect, type Runtime } from "effect"
import process from "node:process"

/** Exit codes as shells give them: 128 and the signal's number. */
const codes = { SIGINT: 130, SIGTERM: 143 } as const

/** npx passes a Ctrl-C on that the terminal has sent to the whole group: two of them so close together are one. */
const echoMillis = 250

/** Ends the process at once when a second signal comes. The first one is the runtime's: it ends the program in order. */
const endOnSecondSignal = () => {
  let first: number | undefined
  for (const signal of ["SIGINT", "SIGTERM"] as const) {
    process.on(signal, () => {
      if (first === undefined) {
        first = performance.now()
        return
      }
      const echo = signal === "SIGINT" && performance.now() - first < echoMillis
      if (!echo) process.exit(codes[signal])
    })
  }
}

/** Runs the program of this process. A signal interrupts it; a second one does not wait for it. */
export const run = <E>(
  program: Effect.Effect<void, E, NodeServices.NodeServices>,
  teardown: Runtime.Teardown
): void => {
  endOnSecondSignal()
  NodeRuntime.runMain(Effect.provide(program, NodeServices.layer), { disableErrorReporting: true, teardown })
}
