import { NodeServices } from "@effect/platform-node"
import { assert, it } from "@effect/vitest"
import * as RedisQueue from "@nominal-code/jobs/redis/RedisQueue"
import * as Redis from "@nominal-code/persistence/Redis"
import { StoreError } from "@nominal-code/persistence/StoreError"
import { laneOf, push } from "@nominal-code/testing/Jobs"
import { storeIn } from "@nominal-code/testing/QueueSteps"
import { quiet } from "@nominal-code/testing/Quiet"
import { redisSuite, shared } from "@nominal-code/testing/RedisServer"
import { Context, Effect, Fiber, Layer, Option } from "effect"
import { TestClock } from "effect/testing"

redisSuite("takes while Redis hangs", () => {
  const server = shared({ aof: false })
  const away = new StoreError({ operation: "test", message: "Redis hangs", reason: "unavailable" })

  /** A queue whose Redis can hang: it answers nobody, and carries out what it was sent once it goes on. */
  const hanging = Effect.gen(function*() {
    const here = yield* server
    yield* here.command("flushall")
    const redis = Context.get(yield* Layer.build(Layer.fresh(Redis.layer(here.url))), Redis.Redis)
    let hangs = false
    const sent: Array<Effect.Effect<unknown, StoreError>> = []
    const flaky = Redis.Redis.of({
      ...redis,
      run: (...call) =>
        Effect.suspend(() => {
          if (!hangs) return redis.run(...call)
          sent.push(redis.run(...call))
          return Effect.fail(away)
        })
    })
    const queue = storeIn(
      yield* Layer.build(
        Layer.fresh(RedisQueue.layer).pipe(Layer.provide([Layer.succeed(Redis.Redis, flaky), NodeServices.layer]))
      )
    )
    const passes = Effect.andThen(TestClock.adjust("500 millis"), quiet)
    const goOn = Effect.suspend(() => Effect.orDie(Effect.forEach(sent, (one) => one, { discard: true }))).pipe(
      Effect.tap(() => Effect.sync(() => hangs = false))
    )
    /** Waits until Redis was asked once more. Whoever asked has failed then, and tries again when the clock goes on. */
    const askedAgain = Effect.suspend(() => {
      const before = sent.length
      return Effect.repeat(passes, { until: () => sent.length > before })
    })
    return { queue, passes, hang: Effect.sync(() => hangs = true), askedAgain, goOn }
  })

  it.effect("a lease that Redis gave after its taker had given up is given back at once, and is no loss", () =>
    Effect.gen(function*() {
      const { askedAgain, goOn, hang, passes, queue } = yield* hanging
      const lane = laneOf(1)
      const job = push(lane, "a")
      yield* queue.offer(job)
      yield* hang
      const taking = yield* Effect.forkChild(Effect.flip(queue.take(lane)))
      yield* Effect.repeat(passes, { until: () => taking.pollUnsafe() !== undefined })
      assert.strictEqual(yield* Fiber.join(taking), away)
      yield* askedAgain
      yield* goOn
      assert.deepStrictEqual(yield* queue.take(lane), Option.none())
      const waits = Effect.map(queue.find(job.id), Option.exists(({ state }) => state === "waiting"))
      yield* Effect.repeat(Effect.andThen(passes, waits), { until: (yes) => yes, times: 20 })
      const { attempt, losses, run } = Option.getOrThrow(yield* queue.take(lane))
      assert.deepStrictEqual({ attempt, losses, run }, { attempt: 1, losses: 0, run: 1 })
    }))
})
