import { NodeServices } from "@effect/platform-node"
import { assert, it } from "@effect/vitest"
import { eventKeyOf, type Job } from "@nominal-code/domain/job/Job"
import { laneKey } from "@nominal-code/domain/job/Lane"
import { bucketOf, eventDigest, shortId } from "@nominal-code/jobs/redis/RedisKeys"
import * as RedisQueue from "@nominal-code/jobs/redis/RedisQueue"
import * as Redis from "@nominal-code/persistence/Redis"
import { laneOf, mention, push } from "@nominal-code/testing/Jobs"
import { done, storeIn } from "@nominal-code/testing/QueueSteps"
import { type RedisServer, redisSuite, shared } from "@nominal-code/testing/RedisServer"
import { Effect, Layer, Option, Result, Stream } from "effect"

redisSuite("a key of the queue that another program has written", () => {
  const server = shared({ aof: false })
  const pushes = (count: number) => Array.from({ length: count }, (_, index) => push(laneOf(index + 1), `${index + 1}`))
  const open = (redis: RedisServer) =>
    Effect.map(
      Layer.build(
        Layer.fresh(RedisQueue.layer).pipe(Layer.provide([Layer.fresh(Redis.layer(redis.url)), NodeServices.layer]))
      ),
      storeIn
    )
  const opened = Effect.gen(function*() {
    const redis = yield* server
    yield* redis.command("flushall")
    return { redis, queue: yield* open(redis) }
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
        assert.include((yield* Effect.flip(queue.offer(push(laneOf(1), "a")))).message, key, value)
      }
      yield* redis.command("del", key)
      assert.deepInclude(yield* queue.offer(push(laneOf(1), "a")), { _tag: "Accepted" })
    }))

  const buckets = ["id", "event"] as const

  it.effect.each(buckets)(
    "a day's bucket of %ss is named, and nothing is settled by half until it is gone",
    (kind) =>
      Effect.gen(function*() {
        const { queue, redis } = yield* opened
        const [job, other] = [mention(laneOf(1), "a"), mention(laneOf(2), "b")]
        yield* queue.offerAll([job, other])
        const leases = [yield* queue.take(laneOf(1)), yield* queue.take(laneOf(2))].map(Option.getOrThrow)
        const digest = eventDigest(laneKey(job.lane), eventKeyOf(job.event))
        const key = `{nc:0}:${yield* today}:${kind}:${bucketOf(kind === "id" ? shortId(job.id) : digest)}`
        yield* redis.command("set", key, "foreign")
        const [first, second] = yield* Effect.forEach(leases, (lease) => Effect.result(queue.settle(lease, done)), {
          concurrency: 2
        })
        assert.include(
          Option.getOrThrow(Result.getFailure(first ?? Result.succeed(true))).message,
          `${key} is a string and not a hash, another program has written it: delete it`
        )
        assert.deepStrictEqual(second, Result.succeed(true))
        assert.deepInclude(yield* queue.depth, { waiting: 0, running: 1 })
        yield* redis.command("del", key)
        assert.isTrue(yield* queue.settle(Option.getOrThrow(Option.fromNullishOr(leases[0])), done))
        assert.deepInclude(yield* queue.offer(job), { _tag: "Duplicate" })
        assert.isAbove(Number(yield* redis.command("pttl", key)), 0)
      })
  )

  /** Takes away what a script writes into the keys that lanes share, as one does that Redis has not ended. */
  const halve = (redis: RedisServer, { id, lane }: Job) =>
    Effect.gen(function*() {
      yield* redis.command("hdel", "{nc:0}:work", laneKey(lane))
      yield* redis.command("zrem", "{nc:0}:due", laneKey(lane))
      yield* redis.command("zrem", "{nc:0}:is:waiting", id)
    })

  it.effect.each([1, 3])(
    "what was stored by half is accepted whole when it comes again (offers at once: %i)",
    (count) =>
      Effect.gen(function*() {
        const { queue, redis } = yield* opened
        const jobs = pushes(count)
        yield* queue.offerAll(jobs)
        yield* Effect.forEach(jobs, (job) => halve(redis, job), { discard: true })
        const again = yield* open(redis)
        for (const result of yield* again.offerAll(jobs)) assert.isTrue(Result.isSuccess(result))
        assert.strictEqual((yield* again.depth).waiting, count)
        for (const { lane } of jobs) assert.isNotNull(yield* redis.command("zscore", "{nc:0}:due", laneKey(lane)))
        for (const { id, lane } of jobs) assert.strictEqual(Option.getOrThrow(yield* again.take(lane)).job.id, id)
      })
  )

  it.effect("what was stored by half is known by its event when another delivery of that comes", () =>
    Effect.gen(function*() {
      const { queue, redis } = yield* opened
      const [first, second] = [mention(laneOf(1), "a", "explain", 7), mention(laneOf(1), "b", "explain", 7)]
      yield* queue.offer(first)
      yield* halve(redis, first)
      const again = yield* open(redis)
      assert.deepInclude(yield* again.offer(second), { _tag: "Duplicate", jobId: first.id })
      assert.strictEqual(Option.getOrThrow(yield* again.take(laneOf(1))).job.id, first.id)
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
