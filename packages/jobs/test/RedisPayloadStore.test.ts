import { assert, it } from "@effect/vitest"
import { JobId } from "@nominal-code/domain/job/Job"
import { PayloadStore } from "@nominal-code/jobs/PayloadStore"
import * as RedisPayloadStore from "@nominal-code/jobs/redis/RedisPayloadStore"
import { age, emptied, redisSuite, shared } from "@nominal-code/testing/RedisServer"
import { Effect, Layer, Option } from "effect"
import { deflateRawSync } from "node:zlib"
import { payloadStoreSuite } from "./payloadStoreSuite.ts"

redisSuite("payloads in Redis", () => {
  const server = shared({ aof: false })
  const store = RedisPayloadStore.layer.pipe(Layer.provide(emptied(server)))

  payloadStoreSuite("Redis", store)

  const id = JobId.make("1".repeat(20))
  const key = `nc:payload:${id}`

  it.effect("a payload takes little room, one of an older version is read, and one that is too long is refused", () =>
    Effect.gen(function*() {
      const { get, put } = yield* PayloadStore
      const { command } = yield* server
      const payload = JSON.stringify({ body: "The rounding is wrong for negative amounts. ".repeat(2_000) })
      yield* put(id, payload)
      assert.isBelow(Number(yield* command("strlen", key)), 1_000)
      assert.deepStrictEqual(yield* get(id), Option.some(payload))
      yield* command("set", key, "{\"body\":\"ä€😀\"}")
      assert.deepStrictEqual(yield* get(id), Option.some("{\"body\":\"ä€😀\"}"))
      const error = yield* Effect.flip(put(id, "x".repeat(16 * 1024 * 1024 + 1)))
      assert.match(error.message, /^the payload 1{20} has 16777217 bytes, and may have 16777216$/)
      assert.strictEqual(error._tag, "PayloadTooLarge")
    }).pipe(Effect.provide(store)))

  it.effect("what is damaged, or larger than a payload may be, is no payload", () =>
    Effect.gen(function*() {
      const { get } = yield* PayloadStore
      const { command } = yield* server
      const bomb = deflateRawSync(Buffer.alloc(16 * 1024 * 1024 + 1)).toString("latin1")
      for (const stored of ["z:damaged", `z:${bomb}`]) {
        yield* command(
          "eval",
          "redis.call('SET', KEYS[1], (ARGV[1]:gsub('%x%x', function(byte) return string.char(tonumber(byte, 16)) end)))",
          1,
          key,
          Buffer.from(stored, "latin1").toString("hex")
        )
        const error = yield* Effect.flip(get(id))
        assert.strictEqual(error.message, `the payload ${id} in Redis cannot be read`)
      }
    }).pipe(Effect.provide(store)))

  it.effect("a payload that nobody fetched is gone after a day", () =>
    Effect.gen(function*() {
      const { get, put } = yield* PayloadStore
      yield* put(id, "{}")
      yield* age(server)("23 hours")
      assert.deepStrictEqual(yield* get(id), Option.some("{}"))
      yield* age(server)("1 hour")
      assert.deepStrictEqual(yield* get(id), Option.none())
    }).pipe(Effect.provide(store)))
})
