import { fileName } from "@nominal-code/persistence/Sqlite"
import { Effect, FileSystem, Path } from "effect"

/** True where a directory has a database, or may have one. */
export const existsIn = Effect.fnUntraced(function*(directory: string) {
  const file = (yield* Path.Path).join(directory, fileName)
  return yield* Effect.orElseSucceed((yield* FileSystem.FileSystem).exists(file), () => true)
})
