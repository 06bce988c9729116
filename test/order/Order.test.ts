import { NodeServices } from "@effect/platform-node"
import { it } from "@effect/vitest"
import type { JobQueue } from "@nominal-code/jobs/JobQueue"
import * as MemoryQueue from "@nominal-code/jobs/memory/MemoryQueue"
import * as SqliteQueue from "@nominal-code/jobs/sqlite/SqliteQueue"
import * as Sqlite from "@nominal-code/persistence/Sqlite"
import type { StoreError } from "@nominal-code/persistence/StoreError"
import { redisSuite, shared } from "@nominal-code/testing/RedisServer"
import { freshQueue } from "@nominal-code/testing/RedisStore"
import { Effect, FileSystem, Layer } from "effect"
import { tellMany } from "./Telling.ts"

/**
 * Level, not edge: whatever the order, repetition and loss of its deliveries, a pull request's head is reviewed once if
 * the delivery of what happened last is not lost, and no older commit after it. The review's own code decides.
 */
const orderSuite = (name: string, store: Layer.Layer<JobQueue, StoreError>) =>
  it.effect(
    `the head gets one review, and no commit after it, in 150 of the orders of up to four deliveries (${name})`,
    () => Effect.provide(tellMany(name), Layer.fresh(store)),
    600_000
  )

/** A database in memory, where the system has such a place. */
const sqlite = Layer.unwrap(Effect.gen(function*() {
  const fs = yield* FileSystem.FileSystem
  const memory = "/dev/shm"
  const directory = yield* fs.makeTempDirectoryScoped((yield* fs.exists(memory)) ? { directory: memory } : {})
  return SqliteQueue.layer.pipe(Layer.provide(Sqlite.layer(directory)))
})).pipe(Layer.provide(NodeServices.layer), Layer.orDie)

orderSuite("memory", MemoryQueue.layer)
orderSuite("SQLite", sqlite)
redisSuite("in Redis", () => orderSuite("Redis", freshQueue(shared({ aof: false }))))
