import * as NodeFileSystem from "@effect/platform-node/NodeFileSystem"
import * as NodePath from "@effect/platform-node/NodePath"
import * as SqliteQueue from "@nominal-code/jobs/sqlite/SqliteQueue"
import * as Sqlite from "@nominal-code/persistence/Sqlite"
import { Effect, FileSystem, Layer } from "effect"

/** A directory that is removed with the scope. */
export const temporaryDirectory = Effect.flatMap(FileSystem.FileSystem, (fs) => fs.makeTempDirectoryScoped()).pipe(
  Effect.orDie,
  Effect.provide(NodeFileSystem.layer)
)

/** The same in memory where the system has such a place: for what is not about disks, and waits for them too often. */
export const quickDirectory = Effect.gen(function*() {
  const fs = yield* FileSystem.FileSystem
  const memory = "/dev/shm"
  const isThere = yield* Effect.orElseSucceed(fs.exists(memory), () => false)
  return yield* fs.makeTempDirectoryScoped(isThere ? { directory: memory } : {})
}).pipe(Effect.orDie, Effect.provide(NodeFileSystem.layer))

/** The database of a directory; each build opens it anew, as another process would. */
export const databaseAt = (directory: string) =>
  Layer.fresh(Sqlite.layer(directory)).pipe(Layer.provideMerge([NodeFileSystem.layer, NodePath.layer]))

/** The queue in the database of a directory. */
export const queueAt = (directory: string) => Layer.fresh(SqliteQueue.layer).pipe(Layer.provide(databaseAt(directory)))

/** A queue in a database that is nobody else's. */
export const freshQueue = Layer.fresh(Layer.unwrap(Effect.map(temporaryDirectory, queueAt)))
