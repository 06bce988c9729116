import { NodeServices } from "@effect/platform-node"
import type { Job } from "@nominal-code/domain/job/Job"
import * as RedisQueue from "@nominal-code/jobs/redis/RedisQueue"
import * as Redis from "@nominal-code/persistence/Redis"
import { storeIn } from "@nominal-code/testing/QueueSteps"
import { redisSuite, shared } from "@nominal-code/testing/RedisServer"
import { Effect, Layer } from "effect"
import { unreadableSuite } from "./unreadableSuite.ts"

redisSuite("a row of Redis that cannot be read", () => {
  const server = shared({ aof: false })
  unreadableSuite(
    Effect.gen(function*() {
      const redis = yield* server
      yield* redis.command("flushall")
      const queue = Layer.fresh(RedisQueue.layer).pipe(
        Layer.provide([Layer.fresh(Redis.layer(redis.url)), NodeServices.layer])
      )
      return {
        open: Effect.map(Effect.orDie(Layer.build(queue)), storeIn),
        damage: ({ id }: Job) => redis.command("hset", `{nc:0}:job:${id}`, "t", "newer"),
        damageKind: ({ id }: Job) => redis.command("hset", `{nc:0}:job:${id}`, "e", "newer:1"),
        repair: ({ id }: Job) => redis.command("hdel", `{nc:0}:job:${id}`, "t"),
        damageEnded: Effect.flatMap(
          Effect.sync(() => Date.now()),
          (now) => redis.command("lset", `{nc:0}:ended:${Math.floor(now / 86_400_000)}`, "0", "x")
        )
      }
    }).pipe(Effect.orDie)
  )
})
