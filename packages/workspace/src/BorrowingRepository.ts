import { Effect, FileSystem, Option, Path } from "effect"
import { silentMillis } from "./Heartbeat.ts"
import * as PrivateDirectory from "./PrivateDirectory.ts"
import { isDead, self } from "./ProcessOwner.ts"

/** Objects that a repository borrows, and its first files by their paths below `.git`. */
export interface BorrowingOptions {
  /** The other repository's directory of objects. */
  readonly objects: string
  /** Beginning of the directory's name. */
  readonly prefix: string
  readonly files: Readonly<Record<string, string>>
}

/** Milliseconds after which a directory counts as abandoned whose owner is not known here. No review takes as long. */
const abandonedMillis = 24 * 3_600_000

/** File with the name of the process that a directory belongs to. */
const ownerFile = "owner"

/** Removes the directories of processes that were killed. One that others may write to is nobody's of ours. */
const removeAbandoned = Effect.fnUntraced(function*(parent: string, prefix: string) {
  const fs = yield* FileSystem.FileSystem
  const path = yield* Path.Path
  const names = (yield* fs.readDirectory(parent)).filter((name) => name.startsWith(prefix))
  yield* Effect.forEach(names, (name) =>
    Effect.gen(function*() {
      const directory = path.join(parent, name)
      const owner = yield* Effect.option(fs.readFileString(path.join(directory, ownerFile)))
      const isAbandoned = Option.isSome(owner) && (yield* isDead(owner.value))
      const isOld = Option.exists(yield* silentMillis(directory), (silent) => silent > abandonedMillis)
      if (!isAbandoned && !isOld) return
      yield* PrivateDirectory.check(directory)
      yield* fs.remove(directory, { recursive: true })
    }).pipe(Effect.ignore), { concurrency: 4, discard: true })
}, (effect) => Effect.ignore(effect))

/**
 * Makes a temporary directory whose `.git` reads the objects of another repository and keeps new ones to itself. It is
 * removed with the scope, and with a later one if the process is killed. No process is started.
 */
export const make = Effect.fn("BorrowingRepository.make")(function*({ files, objects, prefix }: BorrowingOptions) {
  const fs = yield* FileSystem.FileSystem
  const path = yield* Path.Path
  const repository = yield* fs.makeTempDirectoryScoped({ prefix })
  yield* fs.writeFileString(path.join(repository, ownerFile), self())
  yield* removeAbandoned(path.dirname(repository), prefix)
  // git takes a directory for a repository by these two and HEAD.
  for (const directory of ["refs/heads", "objects/info"]) {
    yield* fs.makeDirectory(path.join(repository, ".git", directory), { recursive: true })
  }
  const all = { HEAD: "ref: refs/heads/head\n", "objects/info/alternates": `${objects}\n`, ...files }
  for (const [name, text] of Object.entries(all)) {
    yield* fs.writeFileString(path.join(repository, ".git", name), text)
  }
  return repository
})
