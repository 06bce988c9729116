import process from "node:process"

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

/** The first signal that this process was sent. */
let received: keyof typeof codes | undefined

/** Exit code of a command that a signal has ended; without one, that of Ctrl-C. */
export const interruptedCode = (): number => codes[received ?? "SIGINT"]

/** Ends the process at once on a second signal. The runtime handles the first one and closes the program in order. */
export const listen = () => {
  const codeAt = secondSignals()
  for (const signal of ["SIGINT", "SIGTERM"] as const) {
    process.on(signal, () => {
      received ??= signal
      const code = codeAt(signal, performance.now())
      if (code !== undefined) process.exit(code)
    })
  }
  // A terminal that closes is a SIGTERM to the runtime. The shell and the kernel both tell of it.
  process.on("SIGHUP", () => {
    if (received !== undefined) return
    received = "SIGHUP"
    process.emit("SIGTERM", "SIGTERM")
  })
}
