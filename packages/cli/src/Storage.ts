import { AppConfig } from "@nominal-code/config/AppConfig"
import { QueueLimits } from "@nominal-code/jobs/JobQueue"
import * as MemoryQueue from "@nominal-code/jobs/memory/MemoryQueue"
import { QueueAdmin } from "@nominal-code/jobs/QueueAdmin"
import * as RedisQueue from "@nominal-code/jobs/redis/RedisQueue"
import { RedisShards } from "@nominal-code/jobs/redis/RedisShards"
import * as SignedQueue from "@nominal-code/jobs/signature/SignedQueue"
import * as SqliteQueue from "@nominal-code/jobs/sqlite/SqliteQueue"
import { Effect, Layer, Option } from "effect"
import { conversations, leasesIn, quotasIn, redis, signingKeys, spend, spendIn, sqlite } from "./Configured.ts"
import * as DatabaseFile from "./DatabaseFile.ts"

const queueIn = {
  memory: MemoryQueue.layer,
  sqlite: SqliteQueue.layer.pipe(Layer.provide(sqlite)),
  redis: RedisQueue.layer.pipe(
    Layer.provide(redis),
    Layer.provide(
      Layer.effect(RedisShards, Effect.map(AppConfig, ({ redis }) => Option.flatMap(redis, ({ shards }) => shards)))
    )
  )
}

const limits = Layer.effect(
  QueueLimits,
  Effect.map(AppConfig, ({ reviewer: { onPush } }) => ({ ...QueueLimits.defaultValue(), onPush }))
)

/** The configured job queue, with its records. Its jobs are signed, where there is a key. */
export const queue = SignedQueue.layer.pipe(
  Layer.provideMerge(Layer.unwrap(Effect.map(AppConfig, ({ storage }) => queueIn[storage]))),
  Layer.provide([limits, signingKeys])
)

/** Makes the keys of this process those of the queue's jobs, before it works on them. */
const claimKeys = Layer.effectDiscard(Effect.gen(function*() {
  const signed = yield* QueueAdmin.use(({ claimKeys }) => claimKeys)
  if (signed > 0) yield* Effect.logInfo(`${signed} job(s) that wait are signed with jobs.signing_key now`)
}))

/** True if there is a store to look into: false for a database that no server has made yet. */
const exists = Effect.gen(function*() {
  const { dataDir, storage } = yield* AppConfig
  if (storage !== "sqlite" || (yield* DatabaseFile.existsIn(dataDir))) return true
  yield* Effect.logWarning(
    `no server has a queue in ${dataDir} yet: is data_dir (NOMINAL_DATA_DIR) that of the server?`
  )
  return false
})

/**
 * The configured queue, for a process that only looks into it: a database that no server has made yet counts as empty,
 * and is not made.
 */
export const existingQueue = Layer.unwrap(Effect.map(exists, (exists) => exists ? queue : queueIn.memory))

/** The configured ledger, for a process that only looks into it. */
export const existingSpend = Layer.unwrap(Effect.map(exists, (exists) => exists ? spend : spendIn.memory))

/** The configured leases of periodic tasks. */
export const leases = Layer.unwrap(Effect.map(AppConfig, ({ storage }) => leasesIn[storage]))

/** The configured counts of the jobs of accounts. */
const quotas = Layer.unwrap(Effect.map(AppConfig, ({ storage }) => quotasIn[storage]))

/** The conversations, the ledger, the queue, the leases and the quotas of a server. */
export const layer = Layer.mergeAll(Layer.provideMerge(claimKeys, queue), conversations, spend, leases, quotas)
