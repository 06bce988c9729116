import { NodeServices } from "@effect/platform-node"
import { assert, it } from "@effect/vitest"
import type { Job } from "@nominal-code/domain/job/Job"
import type { OfferResult } from "@nominal-code/jobs/JobQueue"
import * as RedisQueue from "@nominal-code/jobs/redis/RedisQueue"
import * as Redis from "@nominal-code/persistence/Redis"
import { StoreError } from "@nominal-code/persistence/StoreError"
import { laneOf, push } from "@nominal-code/testing/Jobs"
import { type Store, storeIn } from "@nominal-code/testing/QueueSteps"
import { quiet } from "@nominal-code/testing/Quiet"
import { redisSuite, shared } from "@nominal-code/testing/RedisServer"
import { Context, Effect, Exit, Fiber, Latch, Layer } from "effect"
import { TestClock } from "effect/testing"

redisSuite("offers while Redis is away", () => {
  const server = shared({ aof: false })

  /** A queue whose next writes fail, and what to wait for until they have. */
  const failing = Effect.fnUntraced(function*(count: number) {
    const here = yield* server
    yield* here.command("flushall")
    const redis = Context.get(yield* Layer.build(Layer.fresh(Redis.layer(here.url))), Redis.Redis)
    const failed = Latch.makeUnsafe()
    let failures = 0
    const away = new StoreError({ operation: "test", message: "Redis is away", reason: "unavailable" })
    const flaky = Redis.Redis.of({
      ...redis,
      run: (operation, ...call) =>
        Effect.suspend(() => {
          if (operation !== "JobQueue.offer" || failures === 0) return redis.run(operation, ...call)
          failures -= 1
          if (failures === 0) failed.openUnsafe()
          return Effect.fail(away)
        })
    })
    const queue = storeIn(
      yield* Layer.build(
        Layer.fresh(RedisQueue.layer).pipe(Layer.provide([Layer.succeed(Redis.Redis, flaky), NodeServices.layer]))
      )
    )
    // The first one asks for the time.
    yield* queue.offer(push(laneOf(9), "before"))
    failures = count
    return { queue, failed: failed.await, back: () => failures = 0 }
  })

  const one = ({ offer }: Store, job: Job) => offer(job)
  const batch = ({ offerAll }: Store, job: Job) => Effect.map(offerAll([job]), ([result]) => result)

  for (const [name, offering] of [["by itself", one], ["in a batch", batch]] as const) {
    it.live(`a push that comes ${name} while an older one waits for Redis is stored after it`, () =>
      Effect.gen(function*() {
        const { failed, queue } = yield* failing(2)
        const [older, newer] = [push(laneOf(1), "older"), push(laneOf(1), "newer")]
        const first = yield* Effect.forkChild(queue.offer(older))
        yield* failed
        yield* offering(queue, newer)
        const accepted: OfferResult = { _tag: "Accepted", jobId: older.id }
        assert.deepStrictEqual(yield* Fiber.await(first), Exit.succeed(accepted))
        const [waiting] = yield* queue.list({ limit: 1, state: "waiting" })
        assert.deepStrictEqual([waiting?.delivery, waiting?.stoodFor], [newer.delivery, [older.id]])
      }))
  }

  it.effect("of pushes that wait for Redis as long as they may, the newest is stored last, whenever Redis comes back", () =>
    Effect.gen(function*() {
      for (const away of ["1 second", "1700 millis", "2 seconds", "2300 millis"] as const) {
        const { back, queue } = yield* failing(Infinity)
        const jobs = ["oldest", "older", "newest"].map((name) => push(laneOf(1), name))
        const offers = yield* Effect.forEach(
          jobs,
          (job) => Effect.forkChild(queue.offer(job)).pipe(Effect.tap(() => TestClock.adjust("20 millis")))
        )
        yield* TestClock.adjust(away)
        back()
        const all = yield* Effect.forkChild(Fiber.awaitAll(offers))
        yield* Effect.repeat(Effect.andThen(TestClock.adjust("20 millis"), quiet), {
          until: () => all.pollUnsafe() !== undefined
        })
        const [waiting] = yield* queue.list({ limit: 1, state: "waiting" })
        assert.strictEqual(waiting?.delivery, "newest", away)
      }
    }))
})
