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

/** Makes the function that tells at a signal with which code the process ends at once; undefined if it goes on. */
export const secondSignals = () => {
  let first: number | undefined
  return (signal: keyof typeof codes, now: number): number | undefined => {
    if (first === undefined) {
      first = now
      return undefined
    }
    const isEcho = signal === "SIGINT" && now - first < echoMillis
    return isEcho ? undefined : codes[signal]
  }
}

/** Ends the process at once on a second signal. The runtime handles the first one and closes the program in order. */
const endOnSecondSignal = () => {
  const codeAt = secondSignals()
  for (const signal of ["SIGINT", "SIGTERM"] as const) {
    process.on(signal, () => {
      const code = codeAt(signal, performance.now())
      if (code !== undefined) process.exit(code)
    })
  }
}

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
        onExit(lost !== undefined && code === 0 ? 1 : code)
      }))
}

/**
 * Runs the program of this process. A signal interrupts it; a second signal ends the process without waiting. It fails
 * if its output could not be written.
 */
export const run = <E>(
  program: Effect.Effect<void, E, NodeServices.NodeServices>,
  teardown: Runtime.Teardown
): void => {
  endOnSecondSignal()
  NodeRuntime.runMain(Effect.provide(program, NodeServices.layer), {
    disableErrorReporting: true,
    teardown: failingOnLostOutput(teardown)
  })
}
