import { Effect, Option } from "effect"
import type { Mode } from "./AppConfig.ts"
import { readConfigFile } from "./ConfigFile.ts"
import { dataDirectory, workspaceDirectory } from "./Directories.ts"
import { resolveStorage } from "./RedisConfig.ts"
import { makeReport } from "./Report.ts"
import { readValues } from "./Values.ts"

/** Directories that a configuration names, and the kind of its storage. */
export interface NamedDirectories {
  readonly dataDir: string
  readonly baseDir: string
  readonly storage: "sqlite" | "memory" | "redis"
}

/**
 * Reads the directories of a configuration, whatever else is wrong with it; none where it names none that can hold
 * files.
 */
export const namedDirectories = Effect.fn("namedDirectories")(
  function*(mode: Mode) {
    const { values } = yield* readValues(yield* readConfigFile(mode), {}, makeReport())
    const report = makeReport()
    const dataDir = yield* dataDirectory(values, report)
    const directories: NamedDirectories = {
      dataDir,
      baseDir: yield* workspaceDirectory(values, dataDir, report),
      storage: resolveStorage(values, report)
    }
    return report.problems().length === 0 ? Option.some(directories) : Option.none()
  },
  Effect.orElseSucceed(() => Option.none<NamedDirectories>())
)
