import { assert, it } from "@effect/vitest"
import { elapsed } from "@nominal-code/jobs/lane/ClockWatch"
import { shardKeys } from "@nominal-code/jobs/redis/RedisKeys"
import * as RedisSetBack from "@nominal-code/jobs/redis/RedisSetBack"
import * as Redis from "@nominal-code/persistence/Redis"
import { redisSuite, shared } from "@nominal-code/testing/RedisServer"
import { Effect, Layer } from "effect"

redisSuite("the repair of waits after Redis' clock was set back", () => {
  const server = shared({ aof: false })

  it.live("a server that was held up leaves the rest to the one that has taken over, and goes on when that has died", () =>
    Effect.gen(function*() {
      const redis = yield* server
      yield* redis.command("flushall")
      const keys = shardKeys(0)
      const shortened: Array<string> = []
      let heldUp = Effect.asVoid(redis.command("set", keys.setBackClaim, "another"))
      const shortenWaits: RedisSetBack.ShortenWaits = Effect.fnUntraced(function*(lanes) {
        shortened.push(...lanes)
        yield* heldUp
        heldUp = Effect.void
        return lanes.length
      })
      const context = yield* Layer.build(Redis.layer(redis.url))
      const makeWatch = yield* Effect.provide(RedisSetBack.make(shortenWaits), context)
      const watch = makeWatch(keys)
      const lanes = Array.from({ length: 600 }, (_, index) => `lane-${1_000 + index}`)
      for (const time of [9_000_000, 1_000_000]) yield* watch.hear({ time, note: "", asked: yield* elapsed })
      assert.isTrue(yield* watch.shorten(lanes.toReversed()))
      assert.deepStrictEqual(shortened, lanes.slice(0, 250))
      assert.isTrue(yield* watch.shorten(lanes))
      assert.strictEqual(yield* redis.command("get", keys.setBackClaim), "another")
      yield* redis.command("del", keys.setBackClaim)
      assert.isFalse(yield* watch.shorten(lanes))
      assert.deepStrictEqual(shortened, lanes)
      assert.deepStrictEqual([yield* redis.command("exists", keys.setBackClaim), yield* watch.shorten(lanes)], [
        0,
        false
      ])
      assert.deepStrictEqual(shortened, lanes)
    }))
})
