import { NodeServices } from "@effect/platform-node"
import { assert, it } from "@effect/vitest"
import type { JobOutcome } from "@nominal-code/domain/job/Job"
import type { Settlement } from "@nominal-code/jobs/JobQueue"
import * as RedisQueue from "@nominal-code/jobs/redis/RedisQueue"
import { RedisShards } from "@nominal-code/jobs/redis/RedisShards"
import * as Redis from "@nominal-code/persistence/Redis"
import { laneOf, mention } from "@nominal-code/testing/Jobs"
import { done, storeIn } from "@nominal-code/testing/QueueSteps"
import { type RedisServer, redisSuite, shared } from "@nominal-code/testing/RedisServer"
import { Context, Effect, Exit, Fiber, Latch, Layer, Option } from "effect"
import { laneIn } from "./ShardedLanes.ts"

/** A queue whose Redis does not answer about keys that start with `silent`, until `answers` is open. */
const partly = Effect.fnUntraced(function*({ command, url }: RedisServer, shards: number) {
  yield* command("flushall")
  const redis = Context.get(yield* Layer.build(Layer.fresh(Redis.layer(url))), Redis.Redis)
  const seen = { silent: "nothing", answers: Latch.makeUnsafe() }
  const hung = Redis.Redis.of({
    ...redis,
    run: (...call) =>
      call[3][0]?.startsWith(seen.silent) === true
        ? Effect.andThen(seen.answers.await, redis.run(...call))
        : redis.run(...call)
  })
  const context = yield* Layer.build(
    Layer.fresh(RedisQueue.layer).pipe(
      Layer.provide([
        Layer.succeed(Redis.Redis, hung),
        Layer.succeed(RedisShards, Option.some(shards)),
        NodeServices.layer
      ])
    )
  )
  return { queue: storeIn(context), seen }
})

const numbers = Array.from({ length: 20 }, (_, index) => index + 1)

redisSuite("steps of the same moment in Redis", () => {
  const server = shared({ aof: false })

  it.live("a shard that does not answer keeps no lane of the others waiting", () =>
    Effect.gen(function*() {
      const { queue, seen } = yield* partly(yield* server, 3)
      const lanes = [0, 1, 2].map((shard) => laneIn(shard, 3))
      yield* Effect.forEach(lanes, (lane) => queue.offer(mention(lane, `${lane.repo} before`)), { concurrency: 3 })
      seen.silent = "{nc:1}"
      const both = yield* Effect.forEach(lanes, (lane) =>
        Effect.forkChild(
          Effect.all([queue.offer(mention(lane, `${lane.repo} a`)), queue.take(lane)], { concurrency: 2 })
        ))
      const answers = [both[0], both[2]].flatMap((fiber) => fiber === undefined ? [] : [Fiber.join(fiber)])
      for (const [offered, lease] of yield* Effect.all(answers, { concurrency: 2 })) {
        assert.deepStrictEqual([offered._tag, Option.isSome(lease)], ["Accepted", true])
      }
      assert.strictEqual(both[1]?.pollUnsafe(), undefined)
      seen.answers.openUnsafe()
    }))

  const leasesOf = Effect.fnUntraced(function*() {
    const { queue } = yield* partly(yield* server, 1)
    yield* Effect.forEach(numbers, (number) => queue.offer(mention(laneOf(number), `${number}`)), { concurrency: 20 })
    const taken = yield* Effect.forEach(numbers, (number) => queue.take(laneOf(number)), { concurrency: 20 })
    return { queue, leases: taken.map(Option.getOrThrow) }
  })

  it.live("a bug about one job keeps no other from its end, although they share a script", () =>
    Effect.gen(function*() {
      const { leases, queue } = yield* leasesOf()
      const bad: Settlement = {
        _tag: "Done",
        get outcome(): JobOutcome {
          throw new Error("a bug")
        }
      }
      const exits = yield* Effect.forEach(
        leases,
        (lease) => Effect.exit(queue.settle(lease, lease.lane.number === 7 ? bad : done)),
        { concurrency: 20 }
      )
      assert.deepStrictEqual(
        exits.map((exit) => Exit.getSuccess(exit)),
        numbers.map((number) => number === 7 ? Option.none() : Option.some(true))
      )
      const depth = yield* queue.depth
      assert.deepStrictEqual([depth.running, depth.waiting], [1, 0])
    }))
})
