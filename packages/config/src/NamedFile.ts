import { Effect, FileSystem, Option, Path } from "effect"
import type { Report } from "./Report.ts"
import type { Setting } from "./Setting.ts"

/**
 * Text of a file that a setting names. A file that cannot be read is a problem of that setting; `cure` says what to do
 * if there is none.
 */
export const readNamedFile = Effect.fnUntraced(function*(
  setting: Setting<unknown>,
  name: string,
  cure: string,
  report: Report
) {
  const fs = yield* FileSystem.FileSystem
  const full = (yield* Path.Path).resolve(name)
  const refuse = (text: string) =>
    Effect.sync(() => {
      report.problem(setting, text)
      return Option.none<string>()
    })
  return yield* Effect.gen(function*() {
    // A pipe or a device could make the start wait for ever.
    const { type } = yield* fs.stat(full)
    return type === "File"
      ? Option.some(yield* fs.readFileString(full))
      : yield* refuse(`"${full}" is not a regular file`)
  }).pipe(Effect.catch(({ reason }) =>
    refuse(
      reason._tag === "NotFound"
        ? `the file "${full}" does not exist: ${cure}`
        : `the file "${full}" is not readable (${reason._tag})`
    )
  ))
})
