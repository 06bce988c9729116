/**
 * Work trees that outlive their reviews: the next review of the repository writes only the files that differ.
 *
 * A tree has one user at a time. Whoever takes it renames it into the directory of its job, which succeeds for one of
 * several that try, and renames it back afterwards; what a killed process had taken is removed with its job.
 */
import { Effect, FileSystem, Option, Path } from "effect"
import { silentMillis } from "./Heartbeat.ts"

/** Work tree with the index that tells git which of its files are as they were written. */
export interface Tree {
  /** Directory of both. */
  readonly place: string
  readonly directory: string
  readonly indexFile: string
}

/** Maximum number of trees that one repository keeps while no review uses them. */
const MAX_KEPT = 4

/** Directory of the kept trees of a mirror's repository. */
export const directoryOf = (gitDir: string): Effect.Effect<string, never, Path.Path> =>
  Effect.map(Path.Path, (path) => path.join(path.dirname(path.dirname(gitDir)), "trees", path.basename(gitDir)))

const kept = Effect.fnUntraced(function*(directory: string) {
  const fs = yield* FileSystem.FileSystem
  const path = yield* Path.Path
  const names = yield* Effect.orElseSucceed(fs.readDirectory(directory), () => [])
  const found = yield* Effect.forEach(names, (name) => {
    const tree = path.join(directory, name)
    return Effect.map(silentMillis(tree), (silent) => ({ tree, silent: Option.getOrElse(silent, () => Infinity) }))
  })
  return found.sort((left, right) => left.silent - right.silent).map(({ tree }) => tree)
})

/** Moves one of the kept trees, the one used last if it is still there. */
const takeKept = Effect.fnUntraced(function*(directory: string, to: string) {
  const fs = yield* FileSystem.FileSystem
  for (const tree of yield* kept(directory)) {
    if (yield* Effect.isSuccess(fs.rename(tree, to))) return
  }
})

/**
 * Takes a tree of the repository into the job's directory: one that is kept, or an empty one. It holds whatever the last
 * review of it read.
 */
export const take = Effect.fn("KeptTrees.take")(function*(gitDir: string, job: string) {
  const fs = yield* FileSystem.FileSystem
  const path = yield* Path.Path
  const place = path.join(job, "work")
  yield* takeKept(yield* directoryOf(gitDir), place)
  const directory = path.join(place, "tree")
  yield* fs.makeDirectory(directory, { recursive: true, mode: 0o700 })
  const tree: Tree = { place, directory: yield* fs.realPath(directory), indexFile: path.join(place, "index") }
  return tree
})

/** Gives a whole tree back for the next review when the scope closes, unless enough are kept. */
export const keep = Effect.fn("KeptTrees.keep")(function*(gitDir: string, { place }: Tree) {
  const fs = yield* FileSystem.FileSystem
  const path = yield* Path.Path
  const directory = yield* directoryOf(gitDir)
  const giveBack = Effect.gen(function*() {
    if ((yield* kept(directory)).length >= MAX_KEPT) return
    yield* fs.makeDirectory(directory, { recursive: true, mode: 0o700 })
    yield* fs.rename(place, path.join(directory, path.basename(path.dirname(place))))
  })
  yield* Effect.addFinalizer(() => Effect.ignore(giveBack))
})
