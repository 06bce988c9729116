import { Duration, Effect, Layer, Option, Schema } from "effect"
import { PeriodicLease } from "./PeriodicLease.ts"
import { Redis } from "./Redis.ts"
import * as RedisScript from "./RedisScript.ts"
import { RedisTime } from "./RedisTime.ts"

const keyOf = (task: string) => `{nc:lease}:${task}`

const make = Effect.gen(function*() {
  const redis = yield* Redis
  const time = Effect.map(yield* RedisTime, Option.getOrElse(() => ""))
  const folder = new URL("lua/", import.meta.url)
  const taking = yield* RedisScript.load(folder, ["leaseTake"])
  const ending = yield* RedisScript.load(folder, ["leaseEnd"])
  return PeriodicLease.of({
    take: Effect.fn("PeriodicLease.take")(function*({ holder, interval, lasts, task }) {
      const wait = yield* redis.run("PeriodicLease.take", Schema.Int, taking, [keyOf(task)], [
        yield* time,
        holder,
        Duration.toMillis(interval),
        Duration.toMillis(lasts)
      ])
      return wait === 0 ? Option.none() : Option.some(Duration.millis(wait))
    }),
    end: Effect.fn("PeriodicLease.end")(function*(task, holder) {
      yield* redis.run("PeriodicLease.end", Schema.Literals([0, 1]), ending, [keyOf(task)], [yield* time, holder])
    })
  })
})

/** Leases of all servers that share a Redis, by its clock. */
export const layer = Layer.effect(PeriodicLease, make)
