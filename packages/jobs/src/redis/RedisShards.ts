import type { Redis } from "@nominal-code/persistence/Redis"
import { StoreError } from "@nominal-code/persistence/StoreError"
import { Context, Effect, Option, Schema } from "effect"

/** Number of shards of the queue; none: as stored, or 1 if it is new. */
export const RedisShards = Context.Reference<Option.Option<number>>("@nominal-code/jobs/RedisShards", {
  defaultValue: () => Option.none()
})

const key = "nc:shards"
const Stored = Schema.NullOr(Schema.FiniteFromString)
const Set = Schema.NullOr(Schema.Literal("OK"))

const read = (redis: Redis["Service"]) => redis.send("JobQueue.open", Stored, ["get", key])

/** Number of shards of the queue in a Redis. */
export const stored = (redis: Redis["Service"]) => Effect.map(read(redis), (shards) => shards ?? 1)

/** Stores the number of shards in a Redis without a queue, and fails if the queue has another number. */
export const claim = Effect.fnUntraced(function*(redis: Redis["Service"]) {
  const wanted = yield* RedisShards
  // A Redis that is full takes no writes, and its queue can be looked into all the same.
  if ((yield* read(redis)) === null) {
    yield* redis.send("JobQueue.open", Set, ["set", key, Option.getOrElse(wanted, () => 1), "NX"])
  }
  const shards = yield* stored(redis)
  if (Option.isNone(wanted) || wanted.value === shards) return shards
  return yield* new StoreError({
    operation: "JobQueue.open",
    message: `redis.shards (REDIS_SHARDS) is ${wanted.value}, but the queue in this Redis has ${shards}: ` +
      "set it to that number, or see docs/operate.md for how to change it",
    reason: "failed"
  })
})
