/** Temporary directories that are removed with their scope, and with a later one's making if the process is killed. */
import { Effect, FileSystem, Option, Path } from "effect"
import { silentMillis } from "./Heartbeat.ts"
import * as PrivateDirectory from "./PrivateDirectory.ts"
import { fateOf, self } from "./ProcessOwner.ts"

/** Milliseconds after which a directory counts as abandoned whose owner is not known here. No review takes as long. */
const abandonedMillis = 24 * 3_600_000

/** File with the name of the process that a directory belongs to. */
const ownerFile = "owner"

/** True if the process that made a directory is gone, or cannot be asked for and has not written to it for a day. */
const isAbandoned = Effect.fnUntraced(function*(directory: string) {
  const fs = yield* FileSystem.FileSystem
  const owner = yield* Effect.option(fs.readFileString((yield* Path.Path).join(directory, ownerFile)))
  const fate = Option.isSome(owner) ? yield* fateOf(owner.value) : "unknown"
  if (fate !== "unknown") return fate === "gone"
  return Option.exists(yield* silentMillis(directory), (silent) => silent > abandonedMillis)
})

/** Removes the directories of processes that were killed. One that others may write to is nobody's of ours. */
const removeAbandoned = Effect.fnUntraced(function*(parent: string, prefix: string) {
  const fs = yield* FileSystem.FileSystem
  const path = yield* Path.Path
  const names = (yield* fs.readDirectory(parent)).filter((name) => name.startsWith(prefix))
  yield* Effect.forEach(names, (name) =>
    Effect.gen(function*() {
      const directory = path.join(parent, name)
      if (!(yield* isAbandoned(directory))) return
      yield* PrivateDirectory.check(directory)
      yield* fs.remove(directory, { recursive: true })
    }).pipe(Effect.ignore), { concurrency: 4, discard: true })
}, (effect) => Effect.ignore(effect))

/**
 * Makes a temporary directory for the scope. Those of the same prefix that a killed process has left are removed. The
 * file `owner` in it is its own.
 */
export const make = Effect.fn("TemporaryDirectory.make")(function*(prefix: string) {
  const fs = yield* FileSystem.FileSystem
  const path = yield* Path.Path
  const directory = yield* fs.makeTempDirectoryScoped({ prefix })
  yield* fs.writeFileString(path.join(directory, ownerFile), self())
  yield* removeAbandoned(path.dirname(directory), prefix)
  return directory
})
