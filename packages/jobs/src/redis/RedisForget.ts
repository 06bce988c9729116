import { Redis } from "@nominal-code/persistence/Redis"
import * as RedisScript from "@nominal-code/persistence/RedisScript"
import { Effect, Schedule, Schema } from "effect"
import { dayOf, type ShardKeys } from "./RedisKeys.ts"
import { storeTime } from "./RedisLane.ts"
import * as RedisPortions from "./RedisPortions.ts"

/** Number of portions of an index that are searched for expired jobs at once. */
const forgetBatchSize = 500
const atOnce = 50

const hourly = Schedule.spaced("1 hour")

const Strings = Schema.Array(Schema.String)

const lua = new URL("lua/", import.meta.url)

/** Makes the removal of a shard's expired jobs from the indexes. */
const makeForgetIn = Effect.fnUntraced(function*(retentionMillis: number) {
  const redis = yield* Redis
  const script = yield* RedisScript.load(lua, ["progress", "forget"])
  const trim = yield* RedisScript.load(lua, ["progress", "portions", "trim"])
  return Effect.fnUntraced(function*(keys: ShardKeys) {
    const ids = yield* redis.send("JobQueue.forget", Strings, ["zrange", keys.parked, 0, forgetBatchSize - 1])
    yield* Effect.forEach(
      ids,
      (id) => redis.run("JobQueue.forget", Schema.Int, script, [keys.parked, keys.job(id)], [id]),
      { concurrency: atOnce, discard: true }
    )
    const oldest = (yield* storeTime(redis)) - retentionMillis
    const args = [Math.max(0, oldest), RedisPortions.dayText(Math.max(0, dayOf(oldest))), forgetBatchSize]
    yield* Effect.forEach(
      [keys.done, keys.superseded],
      (index) =>
        Effect.repeat(redis.run("JobQueue.forget", Schema.Int, trim, [index], args), { until: (gone) => gone === 0 }),
      { discard: true }
    )
  })
})

/** Starts the hourly removal of expired jobs from the indexes, until the scope closes. */
export const start = Effect.fnUntraced(function*(all: ReadonlyArray<ShardKeys>, retentionMillis: number) {
  const forgetIn = yield* makeForgetIn(retentionMillis)
  yield* Effect.forEach(all, forgetIn, { concurrency: 1, discard: true }).pipe(
    Effect.catch((error) => Effect.logWarning(`ended jobs could not be cleaned up: ${error.message}`)),
    Effect.repeat(hourly),
    Effect.forkScoped
  )
})
