import process from "node:process"

/** npx passes on a Ctrl-C that the terminal has sent to the whole process group already: both are one. */
const echoMillis = 1_000

const codes = { SIGINT: 130, SIGTERM: 143 } as const

/**
 * Ends the process at once on the second signal to stop, with the code that a shell gives to a process that died of it.
 * The first one is for the program, which ends in its own time.
 */
export const exitOnSecond = (): void => {
  let first: number | undefined
  const on = (signal: keyof typeof codes) => () => {
    if (first === undefined) {
      first = performance.now()
      return
    }
    const echo = signal === "SIGINT" && performance.now() - first < echoMillis
    if (!echo) process.exit(codes[signal])
  }
  process.on("SIGINT", on("SIGINT"))
  process.on("SIGTERM", on("SIGTERM"))
}
