import { NodeServices } from "@effect/platform-node"
import { JobQueue } from "@nominal-code/jobs/JobQueue"
import { JobRecords } from "@nominal-code/jobs/JobRecords"
import * as RedisQueue from "@nominal-code/jobs/redis/RedisQueue"
import * as SqliteQueue from "@nominal-code/jobs/sqlite/SqliteQueue"
import * as Redis from "@nominal-code/persistence/Redis"
import * as Sqlite from "@nominal-code/persistence/Sqlite"
import type { StoreError } from "@nominal-code/persistence/StoreError"
import * as RedisServer from "@nominal-code/testing/RedisServer"
import { Context, Effect, FileSystem, Layer, Schema, Stream } from "effect"
import { NotMeasured } from "./Figure.ts"

/** A queue in a store that holds nothing else. */
export interface ScaleStore {
  readonly name: string
  readonly queue: JobQueue["Service"]
  readonly records: JobRecords["Service"]
  /** Size of the store's data. */
  readonly bytes: Effect.Effect<number, StoreError>
  /** Least work of such a store for a job: writes this text under a key, as durably as the queue does. */
  readonly write: (key: string, text: string) => Effect.Effect<void, StoreError>
}

/** A queue, and who listens to what it has to run. */
export const opened = <R>(store: Layer.Layer<JobQueue | JobRecords | R, StoreError>) =>
  Effect.tap(Layer.build(store), (context) =>
    // As a server does, which listens to what there is to run.
    Context.get(context, JobQueue).ready.pipe(Stream.runDrain, Effect.ignore, Effect.forkScoped))

const Row = Schema.Struct({ bytes: Schema.Int })

const pages = `SELECT (page_count - freelist_count) * page_size AS bytes
  FROM pragma_page_count, pragma_freelist_count, pragma_page_size`

/** The database file, on a disk: each transaction waits for it. */
export const sqlite = Effect.gen(function*() {
  const files = yield* FileSystem.FileSystem
  const directory = yield* files.makeTempDirectoryScoped({ prefix: "nominal-bench-" })
  const context = yield* opened(
    SqliteQueue.layer.pipe(Layer.provideMerge(Sqlite.layer(`${directory}/queue`)), Layer.provide(NodeServices.layer))
  )
  const database = Context.get(context, Sqlite.Sqlite)
  // A database of its own, so that the queue's does not hold what only the reference writes.
  const other = Context.get(
    yield* Layer.build(Layer.fresh(Sqlite.layer(`${directory}/other`)).pipe(Layer.provide(NodeServices.layer))),
    Sqlite.Sqlite
  )
  yield* other.transaction(
    "bench",
    (statements) => statements.run("CREATE TABLE texts (key TEXT NOT NULL PRIMARY KEY, text TEXT NOT NULL) STRICT")
  )
  const store: ScaleStore = {
    name: "SQLite",
    queue: Context.get(context, JobQueue),
    records: Context.get(context, JobRecords),
    bytes: database.read("bench", (statements) => statements.get(Row, pages)?.bytes ?? 0),
    write: (key, text) =>
      other.transaction("bench", (statements) => {
        statements.run("INSERT INTO texts (key, text) VALUES (:key, :text)", { key, text })
      })
  }
  return store
})

/** A Redis that writes everything to its append-only file, and has it on the disk within a second. */
export const redis = Effect.gen(function*() {
  const server = yield* RedisServer.start().pipe(
    Effect.mapError(({ message }) => new NotMeasured({ message: `redis-server is needed: ${message}` }))
  )
  const context = yield* opened(
    RedisQueue.layer.pipe(Layer.provideMerge(Redis.layer(server.url)), Layer.provide(NodeServices.layer))
  )
  const client = Context.get(context, Redis.Redis)
  const memory = client.send("bench", Schema.String, ["info", "memory"])
  const store: ScaleStore = {
    name: "Redis",
    queue: Context.get(context, JobQueue),
    records: Context.get(context, JobRecords),
    bytes: Effect.map(memory, (info) => Number(/used_memory:(\d+)/.exec(info)?.[1])),
    // Always the same key, for what it takes must not count as the queue's.
    write: (_key, text) => Effect.asVoid(client.send("bench", Schema.Literal("OK"), ["set", "bench", text]))
  }
  return store
})
