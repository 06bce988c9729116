import { Duration, Effect, FileSystem, Option, Path } from "effect"
import { Git } from "./Git.ts"
import { type PathsInUse, silentMillis } from "./Heartbeat.ts"
import type { RepositoryLock } from "./RepositoryLock.ts"
import type { WorkspaceOptions } from "./Workspace.ts"

/** Directories of the workspace, under its base directory. */
interface Directories {
  readonly mirrors: string
  /** Directories of the work trees that earlier versions wrote. */
  readonly jobs: string
  readonly trees: string
}

export const directories = ({ baseDir }: WorkspaceOptions): Effect.Effect<Directories, never, Path.Path> =>
  Effect.map(Path.Path, (path) => ({
    mirrors: path.join(baseDir, "mirrors"),
    jobs: path.join(baseDir, "jobs"),
    trees: path.join(baseDir, "trees")
  }))

/** Name of the empty file whose modification time is a mirror's last use. */
export const usedFile = "nominal-used"

/** Number of packs in a mirror above which they are packed into one. */
const MANY_PACKS = 50

const bytesOf: (directory: string) => Effect.Effect<number, never, FileSystem.FileSystem | Path.Path> = Effect
  .fnUntraced(function*(directory: string) {
    const fs = yield* FileSystem.FileSystem
    const path = yield* Path.Path
    const names = yield* Effect.orElseSucceed(fs.readDirectoryEntries(directory), () => [])
    const sizes = yield* Effect.forEach(names, ({ name, type }) => {
      const entry = path.join(directory, name)
      if (type === "Directory") return bytesOf(entry)
      return Effect.match(fs.stat(entry), { onFailure: () => 0, onSuccess: (info) => Number(info.size) })
    }, { concurrency: 4 })
    return sizes.reduce((total, size) => total + size, 0)
  })

/** Removes a directory. It is renamed first, so that nobody finds half of it. */
export const discard = Effect.fnUntraced(function*(directory: string) {
  const fs = yield* FileSystem.FileSystem
  const path = yield* Path.Path
  const trash = yield* fs.makeTempDirectory({ directory: path.dirname(directory), prefix: ".trash-" })
  yield* Effect.ensuring(
    Effect.ignore(fs.rename(directory, path.join(trash, "it"))),
    Effect.ignore(fs.remove(trash, { recursive: true, force: true }))
  )
})

/** Removes what crashed processes left: half-made mirrors, half-removed directories. */
const removeLeftovers = Effect.fnUntraced(
  function*(directory: string, prefixes: ReadonlyArray<string>, inUse: PathsInUse) {
    const fs = yield* FileSystem.FileSystem
    const path = yield* Path.Path
    const names = (yield* fs.readDirectory(directory)).filter((name) =>
      prefixes.some((prefix) => name.startsWith(prefix))
    )
    yield* Effect.forEach(names, (name) =>
      Effect.gen(function*() {
        const entry = path.join(directory, name)
        if (!(yield* inUse.has(entry))) yield* Effect.ignore(fs.remove(entry, { recursive: true, force: true }))
      }), { concurrency: 4, discard: true })
  }
)

const repack = Effect.fnUntraced(function*(gitDir: string) {
  const fs = yield* FileSystem.FileSystem
  const path = yield* Path.Path
  const git = yield* Git
  const packs = yield* fs.readDirectory(path.join(gitDir, "objects", "pack"))
  if (packs.filter((name) => name.endsWith(".pack")).length <= MANY_PACKS) return
  yield* git.run(["gc", "--quiet", "--prune=2.weeks.ago"], { gitDir, timeoutSeconds: 900 })
})

/**
 * Brings the directories back within their bounds: removes what crashed processes left, the mirrors that nobody used for
 * `maxAge`, and then the least recently used ones until everything takes at most `maxBytes`. A mirror that a review
 * works with, in this process or another, stays.
 */
export const sweep = Effect.fn("Workspace.sweep")(function*(
  lock: RepositoryLock,
  inUse: PathsInUse,
  options: WorkspaceOptions
) {
  const fs = yield* FileSystem.FileSystem
  const path = yield* Path.Path
  const { jobs, mirrors, trees } = yield* directories(options)
  yield* Effect.ignore(removeLeftovers(jobs, ["job-", ".trash-"], inUse))
  yield* Effect.ignore(fs.remove(trees, { recursive: true, force: true }))
  yield* removeLeftovers(mirrors, [".new-", ".trash-"], inUse)
  const names = (yield* fs.readDirectory(mirrors)).filter((name) => name.endsWith(".git"))
  const found = yield* Effect.forEach(names, (name) =>
    Effect.gen(function*() {
      const gitDir = path.join(mirrors, name)
      const silent = Option.getOrElse(yield* silentMillis(path.join(gitDir, usedFile)), () => Infinity)
      return { gitDir, silent, bytes: yield* bytesOf(gitDir) }
    }), { concurrency: 2 })
  let bytes = found.reduce((total, mirror) => total + mirror.bytes, 0)
  for (const { bytes: size, gitDir, silent } of found.sort((left, right) => right.silent - left.silent)) {
    const old = silent > Duration.toMillis(options.maxAge)
    const excess = old || bytes > options.maxBytes
    const tidy = Effect.gen(function*() {
      // Asked under the lock: a review may have begun since.
      if (yield* inUse.has(path.join(gitDir, usedFile))) return
      if (!excess) return yield* repack(gitDir)
      yield* discard(gitDir)
      bytes -= size
      yield* Effect.logInfo("removed a mirror", { gitDir, bytes: size, reason: old ? "age" : "disk cap" })
    })
    yield* lock(gitDir, tidy)
  }
})
