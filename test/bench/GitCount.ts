import { Effect, FileSystem } from "effect"
import { env } from "node:process"

/**
 * Counts the git commands that a process starts: `path`, before its own, leads to a git that notes each one down. It
 * slows them, so that what is counted this way cannot be timed.
 */
export const make = Effect.gen(function*() {
  const files = yield* FileSystem.FileSystem
  const directory = yield* files.makeTempDirectoryScoped({ prefix: "nominal-bench-" })
  const notes = `${directory}/notes`
  yield* files.writeFileString(notes, "")
  yield* files.writeFileString(
    `${directory}/git`,
    `#!/bin/sh\necho >> '${notes}'\nPATH=\${PATH#'${directory}:'}\nexec git "$@"\n`
  )
  yield* files.chmod(`${directory}/git`, 0o755)
  return {
    path: `${directory}:${env["PATH"] ?? ""}`,
    /** Number so far. */
    soFar: Effect.map(files.readFileString(notes), ({ length }) => length)
  }
})
