import { Context } from "effect"
import process from "node:process"
import { endCompilation } from "./EngineOptions.ts"

/** Exit codes of signals, as in a shell: 128 plus the signal's number. */
const codes = { SIGHUP: 129, SIGINT: 130, SIGTERM: 143 } as const

/**
 * Milliseconds within which two signals count as one: npx forwards a Ctrl-C that the terminal has also sent to the
 * whole process group.
 */
const echoMillis = 250

/** Makes the function that tells at a signal with which code the process ends at once; undefined if it goes on. */
export const secondSignals = () => {
  let first: number | undefined
  return (signal: "SIGINT" | "SIGTERM", now: number): number | undefined => {
    if (first === undefined) {
      first = now
      return undefined
    }
    const isEcho = signal === "SIGINT" && now - first < echoMillis
    return isEcho ? undefined : codes[signal]
  }
}

/** Exit code of a command that a signal has ended; without one, that of Ctrl-C. A process provides its own. */
export const InterruptedCode = Context.Reference<() => number>("@nominal-code/cli/InterruptedCode", {
  defaultValue: () => () => codes.SIGINT
})

/**
 * Ends the process at once on a second signal. The runtime handles the first one and closes the program in order. Returns
 * the exit code of a command that the first one has ended.
 */
export const listen = (): () => number => {
  const codeAt = secondSignals()
  let received: keyof typeof codes | undefined
  for (const signal of ["SIGINT", "SIGTERM"] as const) {
    process.on(signal, () => {
      received ??= signal
      const code = codeAt(signal, performance.now())
      if (code !== undefined) endCompilation(() => process.exit(code))
    })
  }
  // A terminal that closes is a SIGTERM to the runtime. The shell and the kernel both tell of it.
  process.on("SIGHUP", () => {
    if (received !== undefined) return
    received = "SIGHUP"
    process.emit("SIGTERM", "SIGTERM")
  })
  return () => codes[received ?? "SIGINT"]
}
