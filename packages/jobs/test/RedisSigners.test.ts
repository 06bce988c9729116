import { assert, it } from "@effect/vitest"
import { QueueLimits } from "@nominal-code/jobs/JobQueue"
import { RedisShards } from "@nominal-code/jobs/redis/RedisShards"
import { mention, push } from "@nominal-code/testing/Jobs"
import { lane } from "@nominal-code/testing/QueueSteps"
import { redisSuite, shared } from "@nominal-code/testing/RedisServer"
import { queueAt } from "@nominal-code/testing/RedisStore"
import { Duration, Effect, Layer, Option, Schedule } from "effect"
import { fresh, isUnset, old, processes, refusal, signersSuite, started, stateOf } from "./signersSuite.ts"

redisSuite("signing keys in Redis", () => {
  const server = shared({ aof: false })
  const empty = Effect.tap(server, ({ command }) => command("flushall"))
  for (const shards of [1, 4]) {
    const named = Layer.succeed(RedisShards, Option.some(shards))
    signersSuite(
      `Redis with ${shards} shard(s)`,
      Effect.map(empty, (here) => Layer.provide(queueAt(here), named))
    )
  }

  it.live("a server without the key that stores a job after Redis has lost the keys' names stores no other", () =>
    Effect.gen(function*() {
      const redis = yield* empty
      const open = processes(queueAt(redis))
      const before = yield* started(open(""))
      const keyed = yield* started(open(fresh))
      yield* redis.command("del", "{nc:0}:signers")
      const unsigned = mention(lane, "unsigned")
      yield* before.offer(unsigned)
      assert.deepStrictEqual(yield* keyed.take(lane), Option.none())
      assert.strictEqual(yield* stateOf(keyed, unsigned), "parked")
      // The search for missed events finds it again.
      assert.isFalse(yield* keyed.hasJob(lane, unsigned.event))
      isUnset(yield* refusal(before.offer(push(lane, "next"))))
      isUnset(yield* refusal(before.check))
    }))

  it.live.each(["waiting", "running"])(
    "a key of the jobs that are %s which another program has written leaves no name behind",
    (state) =>
      Effect.gen(function*() {
        const redis = yield* empty
        const open = processes(queueAt(redis))
        const before = yield* started(open(""))
        const key = `{nc:0}:is:${state}`
        yield* redis.command("set", key, "foreign")
        assert.include((yield* refusal(started(open(fresh)))).message, `${key} is a string and not a zset`)
        yield* redis.command("del", key)
        yield* before.offer(push(lane, "a"))
      })
  )

  it.live("a server at rest puts back the keys' names that it has seen last, and those before count on", () =>
    Effect.gen(function*() {
      const redis = yield* empty
      const often = { ...QueueLimits.defaultValue(), sweepEvery: Duration.millis(50) }
      const open = processes(Layer.provide(queueAt(redis), Layer.succeed(QueueLimits, often)))
      const first = yield* started(open(old))
      const both = yield* started(open(`${fresh} ${old}`))
      const names = redis.command("hget", "{nc:0}:signers", "keys")
      const noted = yield* names
      yield* first.check
      yield* redis.command("flushall")
      yield* Effect.repeat(names, { schedule: Schedule.spaced("20 millis"), until: (stored) => stored === noted })
      yield* both.offer(mention(lane, "both"))
      yield* first.offer(mention(lane, "first"))
      assert.strictEqual(Option.getOrThrow(yield* both.take(lane)).job.delivery, "both")
    }))
})
