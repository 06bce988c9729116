import { Effect, Layer, Option, Schema } from "effect"
import { keptMillis, type Quota, Quotas } from "./Quotas.ts"
import { Redis } from "./Redis.ts"
import * as RedisScript from "./RedisScript.ts"
import { RedisTime } from "./RedisTime.ts"

/** Key of an account. All are under one hash tag, so that one script decides about all quotas of a job. */
const keyOf = ({ name }: Quota) => `{nc:quota}:${name}`

const make = Effect.gen(function*() {
  const redis = yield* Redis
  const time = Effect.map(yield* RedisTime, Option.getOrElse(() => ""))
  const script = yield* RedisScript.load(new URL("lua/", import.meta.url), ["quotaTake"])
  return Quotas.of({
    take: Effect.fn("Quotas.take")(function*(job, quotas) {
      if (quotas.length === 0) return Option.none()
      const full = yield* redis.run("Quotas.take", Schema.Int, script, quotas.map(keyOf), [
        yield* time,
        job,
        keptMillis,
        ...quotas.flatMap(({ limit, period }) => [limit, period])
      ])
      return Option.fromUndefinedOr(quotas[full - 1])
    }),
    giveBack: Effect.fn("Quotas.giveBack")((job, quotas) =>
      Effect.forEach(quotas, (quota) => redis.send("Quotas.giveBack", Schema.Int, ["zrem", keyOf(quota), job]), {
        concurrency: 4,
        discard: true
      })
    )
  })
})

/** Counts of all servers that share a Redis, by its clock. */
export const layer = Layer.effect(Quotas, make)
