import { Context, Effect, FileSystem, Layer, Path } from "effect"
import { randomUUID } from "node:crypto"
import { Sqlite } from "./Sqlite.ts"
import { explain } from "./SqliteError.ts"
import type { StoreError } from "./StoreError.ts"

/**
 * Liveness of the processes that share a data directory. Each holds a lock that the operating system releases when the
 * process dies, so no heartbeat has to time out, and a reused process id does no harm.
 */
export class Owners extends Context.Service<Owners, {
  /** Name of this process, new each time the store is opened. */
  readonly self: string
  /** True if that process still has its store open, or if this is unknown. */
  isAlive(owner: string): Effect.Effect<boolean>
  /** Removes the lock file of a dead process. */
  forget(owner: string): Effect.Effect<void>
}>()("@nominal-code/persistence/Owners") {}

const make = Effect.gen(function*() {
  const { directory } = yield* Sqlite
  const fs = yield* FileSystem.FileSystem
  const path = yield* Path.Path
  const { DatabaseSync } = yield* Effect.promise(() => import("node:sqlite"))

  const self = randomUUID()
  const locks = path.join(directory, "owners")
  const fileOf = (owner: string) => path.join(locks, owner)
  const failing = (cause: unknown) => explain({ operation: "Owners.hold", file: fileOf(self), cause })

  // An empty database under an exclusive transaction: SQLite's file lock, which Node has no other name for.
  const lock = (target: string | URL) => {
    const db = new DatabaseSync(target, { timeout: 0 })
    try {
      db.exec("PRAGMA journal_mode = MEMORY; BEGIN EXCLUSIVE")
      return db
    } catch (cause) {
      db.close()
      throw cause
    }
  }

  yield* Effect.mapError(fs.makeDirectory(locks, { recursive: true, mode: 0o700 }), failing)
  yield* Effect.acquireRelease(
    Effect.try({ try: () => lock(fileOf(self)), catch: failing }),
    (db) => Effect.andThen(Effect.sync(() => db.close()), Effect.ignore(fs.remove(fileOf(self))))
  )

  const isFree = (target: URL): boolean => {
    try {
      lock(target).close()
      return true
    } catch {
      return false
    }
  }

  const probe = Effect.fnUntraced(function*(owner: string) {
    if (!(yield* fs.exists(fileOf(owner)))) return false
    const target = yield* path.toFileUrl(fileOf(owner))
    // Not to be made anew, if it goes away in this moment.
    target.searchParams.set("mode", "rw")
    return !isFree(target)
  }, Effect.orElseSucceed(() => true))

  return Owners.of({
    self,
    isAlive: (owner) => owner === self ? Effect.succeed(true) : probe(owner),
    forget: (owner) => Effect.ignore(fs.remove(fileOf(owner)))
  })
})

/** Takes this process's lock until the scope closes. */
export const layer: Layer.Layer<Owners, StoreError, Sqlite | FileSystem.FileSystem | Path.Path> = Layer.effect(
  Owners,
  make
)
