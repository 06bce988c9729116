import { NodeServices } from "@effect/platform-node"
import { assert, it } from "@effect/vitest"
import { laneKey } from "@nominal-code/domain/job/Lane"
import { QueueLimits, Settlement } from "@nominal-code/jobs/JobQueue"
import * as RedisQueue from "@nominal-code/jobs/redis/RedisQueue"
import { RedisShards } from "@nominal-code/jobs/redis/RedisShards"
import * as Redis from "@nominal-code/persistence/Redis"
import { mention, push, reviewOf, shaOf } from "@nominal-code/testing/Jobs"
import { storeIn } from "@nominal-code/testing/QueueSteps"
import { type RedisServer, redisSuite, shared } from "@nominal-code/testing/RedisServer"
import { Duration, Effect, Layer, Option, Schema, Stream } from "effect"
import { laneIn } from "./ShardedLanes.ts"

const Strings = Schema.decodeUnknownEffect(Schema.Array(Schema.String))
const done = Settlement.cases.Done.make({ outcome: reviewOf(shaOf("head")) })

/** A process of its own, on a queue of so many shards. */
const processAt = Effect.fnUntraced(
  function*({ url }: RedisServer, shards: number, retention: Duration.Input = "7 days") {
    const layer = Layer.fresh(RedisQueue.layer).pipe(Layer.provide([
      Layer.fresh(Redis.layer(url)),
      NodeServices.layer,
      Layer.succeed(RedisShards, Option.some(shards)),
      Layer.succeed(QueueLimits, {
        ...QueueLimits.defaultValue(),
        retention: Duration.fromInputUnsafe(retention)
      })
    ]))
    const queue = storeIn(yield* Layer.build(layer))
    yield* Effect.forkScoped(Effect.ignore(Stream.runDrain(queue.ready)))
    return queue
  }
)

const keysOf = ({ command }: RedisServer) =>
  Effect.orDie(Effect.map(Effect.flatMap(command("keys", "*"), Strings), (keys) => keys.toSorted()))

const connections = ({ command }: RedisServer) =>
  Effect.map(
    command("client", "list"),
    (list) => String(list).split("\n").filter((line) => line.includes("name=nominal-code")).length
  )

redisSuite("what a queue leaves in Redis", () => {
  const server = shared({ aof: false })
  const empty = Effect.tap(server, ({ command }) => command("flushall"))

  it.live.each([1, 4])(
    "when all has ended in %i shards, every key expires or is an index of what has not expired yet; connections are two",
    (shards) =>
      Effect.gen(function*() {
        const redis = yield* empty
        const queue = yield* processAt(redis, shards)
        // Each shard gets a job that is superseded, one that is done, one that answers an event, and one that is parked.
        for (let shard = 0; shard < shards; shard++) {
          const lane = laneIn(shard, shards)
          const next = Effect.map(queue.take(lane), Option.getOrThrow)
          yield* queue.offer(push(lane, `p${shard}`))
          yield* queue.offer(push(lane, `q${shard}`))
          yield* queue.settle(yield* next, done)
          yield* queue.offer(mention(lane, `m${shard}`))
          yield* queue.settle(yield* next, done)
          yield* queue.offer(mention(lane, `n${shard}`))
          yield* queue.settle(yield* next, Settlement.cases.Park.make({}))
          assert.deepStrictEqual(yield* queue.take(lane), Option.none(), laneKey(lane))
        }
        assert.strictEqual(yield* connections(redis), 2)
        const keys = yield* keysOf(redis)
        const lasting = Array.from({ length: shards }, (_, shard) =>
          ["changes", "is:done", "is:parked", "is:superseded", "tick"].map((name) =>
            `{nc:${shard}}:${name}`
          )).flat()
        const expiring: Array<string> = []
        for (const key of keys) {
          if (Number(yield* redis.command("ttl", key)) === -1) continue
          assert.isAbove(Number(yield* redis.command("ttl", key)), 7 * 86_400, key)
          expiring.push(key)
        }
        assert.deepStrictEqual(keys.filter((key) => !expiring.includes(key)), ["nc:shards", ...lasting].toSorted())
        for (let shard = 0; shard < shards; shard++) {
          const own = expiring.filter((key) => key.startsWith(`{nc:${shard}}:`))
          assert.strictEqual(own.filter((key) => key.includes(":job:")).length, 1)
          assert.isAbove(own.filter((key) => key.includes(":ended:")).length, 2)
        }
        assert.strictEqual((yield* queue.list({ limit: 1_000 })).length, 4 * shards)
        for (const key of expiring) yield* redis.command("del", key)
        assert.deepStrictEqual(yield* queue.list({ limit: 1_000 }), [])
      })
  )

  it.live("what has expired is taken out of the indexes of every shard when a server starts", () =>
    Effect.gen(function*() {
      const redis = yield* empty
      const shards = 2
      const queue = yield* processAt(redis, shards)
      const lanes = [laneIn(0, shards), laneIn(1, shards)]
      for (const [index, lane] of lanes.entries()) {
        for (const settlement of [done, Settlement.cases.Park.make({})]) {
          yield* queue.offer(push(lane, `p${index}${settlement._tag}`))
          yield* queue.offer(push(lane, `q${index}${settlement._tag}`))
          yield* queue.settle(Option.getOrThrow(yield* queue.take(lane)), settlement)
        }
      }
      for (const key of yield* keysOf(redis)) {
        if (Number(yield* redis.command("ttl", key)) > 0) yield* redis.command("del", key)
      }
      // As far as this one is concerned, a week ends today.
      yield* processAt(redis, shards, "-2 days")
      const left = Effect.map(keysOf(redis), (keys) => keys.filter((key) => key.includes(":is:")))
      yield* Effect.timeout(Effect.repeat(left, { until: (keys) => keys.length === 0 }), "30 seconds")
    }))
})
