import { NodeServices } from "@effect/platform-node"
import { assert, it } from "@effect/vitest"
import type { Job } from "@nominal-code/domain/job/Job"
import * as RedisQueue from "@nominal-code/jobs/redis/RedisQueue"
import * as Redis from "@nominal-code/persistence/Redis"
import { laneOf, mention } from "@nominal-code/testing/Jobs"
import { done, storeIn } from "@nominal-code/testing/QueueSteps"
import { redisSuite, shared } from "@nominal-code/testing/RedisServer"
import { Effect, Layer, Option } from "effect"
import { unreadableSuite } from "./unreadableSuite.ts"

redisSuite("a row of Redis that cannot be read", () => {
  const server = shared({ aof: false })
  const emptied = Effect.gen(function*() {
    const redis = yield* server
    yield* redis.command("flushall")
    const queue = Layer.fresh(RedisQueue.layer).pipe(
      Layer.provide([Layer.fresh(Redis.layer(redis.url)), NodeServices.layer])
    )
    return {
      redis,
      open: Effect.map(Effect.orDie(Layer.build(queue)), storeIn),
      damageEnded: Effect.flatMap(
        Effect.sync(() => Date.now()),
        (now) => redis.command("lset", `{nc:0}:ended:${Math.floor(now / 86_400_000)}`, "0", "x")
      )
    }
  })
  const keyOf = ({ id }: Job) => `{nc:0}:job:${id}`

  unreadableSuite(Effect.map(emptied, ({ damageEnded, open, redis: { command } }) => ({
    open,
    damageEnded,
    damage: (job: Job) => command("hset", keyOf(job), "t", "newer"),
    damageKind: (job: Job) => command("hset", keyOf(job), "e", "newer:1"),
    repair: (job: Job) => command("hdel", keyOf(job), "t")
  })))

  const damages = [["hdel", "ended"], ["hset", "state", "newer"], ["del"]]
  it.effect.each(damages)(
    "a job that runs, and loses what others read of it by %s %s, stays as it is",
    ([name = "", ...args]) =>
      Effect.gen(function*() {
        const { open, redis } = yield* emptied
        const [job, next] = [mention(laneOf(1), "a"), mention(laneOf(1), "b")]
        const before = yield* open
        yield* before.offer(job)
        assert.isTrue(Option.isSome(yield* before.take(laneOf(1))))
        yield* redis.command(name, keyOf(job), ...args)
        if (name === "del") yield* redis.command("set", keyOf(job), "of another type")
        const stored = yield* redis.command("dump", keyOf(job))
        const queue = yield* open
        assert.deepInclude(yield* queue.offer(next), { _tag: "Accepted" })
        assert.deepInclude(yield* queue.offer(job), { _tag: "Duplicate" })
        assert.deepStrictEqual(yield* queue.take(laneOf(1)), Option.none())
        assert.deepStrictEqual(yield* redis.command("dump", keyOf(job)), stored)
      })
  )

  it.effect("a job that has ended is known although its record is damaged", () =>
    Effect.gen(function*() {
      const { damageEnded, open } = yield* emptied
      const job = mention(laneOf(1), "a")
      const before = yield* open
      yield* before.offer(job)
      yield* before.settle(Option.getOrThrow(yield* before.take(laneOf(1))), done)
      yield* damageEnded
      assert.deepInclude(yield* (yield* open).offer(job), { _tag: "Duplicate" })
    }))
})
