import { fileTrouble } from "@nominal-code/domain/file/FileTrouble"
import type { Setting } from "@nominal-code/domain/settings/Setting"
import { Effect, Option, Path } from "effect"
import { UserDirectories } from "effect/persistence"
import type { Report } from "./Report.ts"
import { settings } from "./Settings.ts"
import type { Values } from "./Values.ts"

const { storage, workspace } = settings

/** File systems that the kernel makes up. Making a directory below `/proc` never ends in Node. */
const ofKernel = /^\/(?:proc|sys)(?:\/|$)/

/** The absolute path of a configured directory. One in which nothing can be kept is a problem. */
const resolved = Effect.fnUntraced(function*(
  setting: Setting<Option.Option<string>>,
  name: string,
  report: Report
) {
  const full = (yield* Path.Path).resolve(name)
  if (ofKernel.test(full)) {
    report.problem(setting, `"${full}" is in a file system of the kernel, which keeps no files: name another directory`)
  }
  return full
})

/** Resolves the directory of the database. */
export const dataDirectory = Effect.fnUntraced(function*(values: Values, report: Report) {
  const configured = values(storage.dataDir)
  if (Option.isSome(configured)) return yield* resolved(storage.dataDir, configured.value, report)
  const state = UserDirectories.make().state("nominal-code")
  return yield* Effect.matchEffect(state, {
    onSuccess: (directory) => resolved(storage.dataDir, directory, report),
    onFailure: (error) =>
      Effect.sync(() => {
        report.problem(
          storage.dataDir,
          `there is no place for the data (${fileTrouble(error)}): set NOMINAL_DATA_DIR to a directory`
        )
        return ""
      })
  })
})

/**
 * Resolves the directory of the mirrors. By default it is under that of the data, and not under a directory
 * for temporary files, where everybody may have prepared it.
 */
export const workspaceDirectory = Effect.fnUntraced(function*(values: Values, dataDir: string, report: Report) {
  const path = yield* Path.Path
  const configured = values(workspace.baseDir)
  if (Option.isSome(configured)) return yield* resolved(workspace.baseDir, configured.value, report)
  return path.join(dataDir, "workspace")
})
