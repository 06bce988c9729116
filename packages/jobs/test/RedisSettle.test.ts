import { NodeServices } from "@effect/platform-node"
import { assert, it } from "@effect/vitest"
import * as RedisQueue from "@nominal-code/jobs/redis/RedisQueue"
import * as Redis from "@nominal-code/persistence/Redis"
import { laneOf, mention } from "@nominal-code/testing/Jobs"
import { done, storeIn } from "@nominal-code/testing/QueueSteps"
import { redisSuite, shared } from "@nominal-code/testing/RedisServer"
import { Effect, Layer, Option } from "effect"

/** Commands that the script of a settlement runs which takes the next job of its lane. */
const commandsOfSettlement = 36

redisSuite("settlements in Redis", () => {
  const server = shared({ aof: false })

  it.live("that take the next job of a lane cost one script each, of few commands", () =>
    Effect.gen(function*() {
      const { command, url } = yield* server
      yield* command("flushall")
      const queue = storeIn(
        yield* Layer.build(
          Layer.fresh(RedisQueue.layer).pipe(Layer.provide([Layer.fresh(Redis.layer(url)), NodeServices.layer]))
        )
      )
      const lane = laneOf(1)
      const jobs = Array.from({ length: 20 }, (_, index) => mention(lane, `${index}`))
      yield* Effect.forEach(jobs, queue.offer)
      const first = yield* queue.take(lane)
      yield* command("config", "resetstat")
      for (let next = first; Option.isSome(next);) next = (yield* queue.settleAndTake(next.value, done)).next
      const stats = String(yield* command("info", "all"))
      const scripts = Number(/cmdstat_evalsha:calls=(\d+)/.exec(stats)?.[1])
      const commands = Number(/total_commands_processed:(\d+)/.exec(stats)?.[1])
      assert.strictEqual(scripts, jobs.length)
      assert.isAtMost(commands, jobs.length * (commandsOfSettlement + 1))
    }))
})
