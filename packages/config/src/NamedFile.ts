import type { Setting } from "@nominal-code/domain/settings/Setting"
import { Effect, Option, Path } from "effect"
import { readRegularFile } from "./RegularFile.ts"
import type { Report } from "./Report.ts"

/**
 * Text of a file that a setting names. A file that cannot be used is a problem of that setting; `cure` says what to do
 * if there is none.
 */
export const readNamedFile = Effect.fnUntraced(function*(
  setting: Setting<unknown>,
  name: string,
  cure: string,
  report: Report
) {
  const full = (yield* Path.Path).resolve(name)
  return yield* Effect.matchEager(readRegularFile(full), {
    onSuccess: Option.some,
    onFailure: ({ message, reason }) => {
      report.problem(setting, `the file "${full}" ${message}${reason === "missing" ? `: ${cure}` : ""}`)
      return Option.none<string>()
    }
  })
})
