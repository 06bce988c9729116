import { NodeServices } from "@effect/platform-node"
import { assert, it } from "@effect/vitest"
import { laneKey } from "@nominal-code/domain/job/Lane"
import * as RedisQueue from "@nominal-code/jobs/redis/RedisQueue"
import * as Redis from "@nominal-code/persistence/Redis"
import { laneOf, mention, push } from "@nominal-code/testing/Jobs"
import { done, storeIn } from "@nominal-code/testing/QueueSteps"
import { redisSuite, shared } from "@nominal-code/testing/RedisServer"
import { Effect, Layer, Option, Result, Stream } from "effect"
import { TestClock } from "effect/testing"

redisSuite("a key of the queue that another program has written", () => {
  const server = shared({ aof: false })
  const pushes = (count: number) => Array.from({ length: count }, (_, index) => push(laneOf(index + 1), `${index + 1}`))
  const opened = Effect.gen(function*() {
    const redis = yield* server
    yield* redis.command("flushall")
    const queue = storeIn(
      yield* Layer.build(
        Layer.fresh(RedisQueue.layer).pipe(Layer.provide([Layer.fresh(Redis.layer(redis.url)), NodeServices.layer]))
      )
    )
    return { redis, queue }
  })
  const today = Effect.map(Effect.sync(() => Date.now()), (now) => `ended:${Math.floor(now / 86_400_000)}`)

  const keys = ["due", "tick", "changes", "is:waiting", "is:running", "is:parked", "is:done", "is:superseded", "events"]

  it.effect.each([...keys, "work", "signers", "ended"])(
    "%s is named, and nothing is accepted or changed by half until it is gone",
    (name) =>
      Effect.gen(function*() {
        const { queue, redis } = yield* opened
        const key = `{nc:0}:${name === "ended" ? yield* today : name}`
        yield* queue.offer(push(laneOf(1), "a"))
        const lease = Option.getOrThrow(yield* queue.take(laneOf(1)))
        // So long that the types of the keys are looked at again.
        yield* TestClock.adjust("1 second")
        yield* redis.command("set", key, "foreign")
        const refusals = [
          yield* Effect.flip(queue.offer(push(laneOf(2), "b"))),
          yield* Effect.flip(queue.settle(lease, done)),
          yield* Effect.flip(queue.check)
        ]
        for (const { message } of refusals) assert.include(message, key)
        yield* redis.command("del", key)
        yield* queue.check
        assert.deepInclude(yield* queue.offer(push(laneOf(2), "b")), { _tag: "Accepted" })
        assert.strictEqual(Option.getOrThrow(yield* queue.take(laneOf(2))).losses, 0)
        assert.isTrue(yield* queue.settle(lease, done))
      })
  )

  it.effect.each(["tick", "changes"])("%s is named if it is no number of ours", (name) =>
    Effect.gen(function*() {
      const { queue, redis } = yield* opened
      const key = `{nc:0}:${name}`
      for (const value of ["", "1.5", "1e3", "-1", "9007199254740993"]) {
        yield* redis.command("set", key, value)
        yield* TestClock.adjust("1 second")
        assert.include((yield* Effect.flip(queue.offer(push(laneOf(1), "a")))).message, key, value)
      }
      yield* redis.command("del", key)
      assert.deepInclude(yield* queue.offer(push(laneOf(1), "a")), { _tag: "Accepted" })
    }))

  const halves = ["due", "is:waiting", "changes"].flatMap((name) => [[name, 1], [name, 3]] as const)

  it.effect.each(halves)(
    "what was stored by half before %s was found out is accepted whole when it comes again (offers at once: %i)",
    ([name, count]) =>
      Effect.gen(function*() {
        const { queue, redis } = yield* opened
        yield* queue.offer(push(laneOf(9), "before"))
        yield* redis.command("set", `{nc:0}:${name}`, "foreign")
        const jobs = pushes(count)
        for (const result of yield* queue.offerAll(jobs)) {
          assert.include(Option.getOrThrow(Result.getFailure(result)).message, `{nc:0}:${name} is a string`)
        }
        yield* redis.command("del", `{nc:0}:${name}`)
        for (const result of yield* queue.offerAll(jobs)) assert.isTrue(Result.isSuccess(result))
        assert.isAtLeast((yield* queue.depth).waiting, count)
        for (const { lane } of jobs) assert.isNotNull(yield* redis.command("zscore", "{nc:0}:due", laneKey(lane)))
        for (const { id, lane } of jobs) assert.strictEqual(Option.getOrThrow(yield* queue.take(lane)).job.id, id)
      })
  )

  it.effect("what was stored by half is known by its event when another delivery of that comes", () =>
    Effect.gen(function*() {
      const { queue, redis } = yield* opened
      yield* queue.offer(push(laneOf(9), "before"))
      yield* redis.command("set", "{nc:0}:due", "foreign")
      const [first, second] = [mention(laneOf(1), "a", "explain", 7), mention(laneOf(1), "b", "explain", 7)]
      yield* Effect.flip(queue.offer(first))
      yield* redis.command("del", "{nc:0}:due")
      assert.deepInclude(yield* queue.offer(second), { _tag: "Duplicate", jobId: first.id })
      assert.strictEqual(Option.getOrThrow(yield* queue.take(laneOf(1))).job.id, first.id)
    }))

  it.live("lanes that are missing in the list by which they are found are found all the same", () =>
    Effect.gen(function*() {
      const { queue, redis } = yield* opened
      yield* queue.offerAll(pushes(3))
      yield* redis.command("del", "{nc:0}:due")
      const found = yield* Stream.runCollect(Stream.take(queue.ready, 3))
      assert.deepStrictEqual(found.map(({ lane }) => lane.number).sort(), [1, 2, 3])
    }))
})
