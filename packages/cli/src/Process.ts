import { NodeRuntime, NodeServices } from "@effect/platform-node"
import { Effect, type Runtime } from "effect"
import process from "node:process"

/** Exit codes of signals, as in a shell: 128 plus the signal's number. */
const codes = { SIGINT: 130, SIGTERM: 143 } as const

/**
 * Milliseconds within which two signals count as one: npx forwards a Ctrl-C that the terminal has also sent to the
 * whole process group.
 */
const echoMillis = 250

/** Ends the process at once on a second signal. The runtime handles the first one and closes the program in order. */
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

/** Runs the program of this process. A signal interrupts it; a second signal ends the process without waiting. */
export const run = <E>(
  program: Effect.Effect<void, E, NodeServices.NodeServices>,
  teardown: Runtime.Teardown
): void => {
  endOnSecondSignal()
  NodeRuntime.runMain(Effect.provide(program, NodeServices.layer), { disableErrorReporting: true, teardown })
}
