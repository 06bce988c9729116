import { Effect, FileSystem } from "effect"

/** A home directory that does not exist. What a command makes of it is removed with the scope. */
export const absentHome = Effect.gen(function*() {
  const fs = yield* FileSystem.FileSystem
  return `${yield* fs.makeTempDirectoryScoped({ prefix: "absent-home-" })}/home`
})
