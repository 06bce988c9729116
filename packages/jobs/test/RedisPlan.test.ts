import { NodeServices } from "@effect/platform-node"
import { assert, it } from "@effect/vitest"
import * as RedisQueue from "@nominal-code/jobs/redis/RedisQueue"
import * as Redis from "@nominal-code/persistence/Redis"
import { laneOf, mention } from "@nominal-code/testing/Jobs"
import { done, storeIn } from "@nominal-code/testing/QueueSteps"
import { redisSuite, shared } from "@nominal-code/testing/RedisServer"
import { Context, Effect, Layer, Option } from "effect"

const together = 25

redisSuite("the changes that a script is to make", () => {
  const server = shared({ aof: false })

  it.live("are one flat and short list, for an offer, a take and an end", () =>
    Effect.gen(function*() {
      const { command, url } = yield* server
      yield* command("flushall")
      const redis = Context.get(yield* Layer.build(Layer.fresh(Redis.layer(url))), Redis.Redis)
      const plans: Array<string> = []
      const watched = Redis.Redis.of({
        ...redis,
        run: (...call) => {
          const plan = String(call[4][1])
          if (plan.startsWith("[")) plans.push(plan)
          return redis.run(...call)
        }
      })
      const context = yield* Layer.build(
        Layer.fresh(RedisQueue.layer).pipe(Layer.provide([Layer.succeed(Redis.Redis, watched), NodeServices.layer]))
      )
      const queue = storeIn(context)
      const jobs = Array.from({ length: together }, (_, index) =>
        mention(laneOf(index + 1), `8f14e45f-ceea-11f0-a3d4-${String(index).padStart(12, "0")}`))
      const all = { concurrency: "unbounded" } as const
      // The process has not heard from Redis before, and reads what it changes.
      yield* queue.offer(mention(laneOf(together + 1), "before"))
      plans.length = 0
      yield* Effect.forEach(jobs, queue.offer, all)
      const leases = yield* Effect.forEach(jobs, ({ lane }) =>
        queue.take(lane), all)
      yield* Effect.forEach(leases.flatMap(Option.toArray), (lease) => queue.settle(lease, done), all)
      assert.strictEqual(plans.length, 3)
      for (const plan of plans) assert.strictEqual(plan.lastIndexOf("["), 0, plan)
      const [offers = 0, takes = 0, ends = 0] = plans.map(({ length }) => length / together)
      assert.isBelow(offers, 440)
      assert.isBelow(takes, 310)
      assert.isBelow(ends, 310)
    }))
})
