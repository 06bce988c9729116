import { assert, it } from "@effect/vitest"
import { JobId } from "@nominal-code/domain/Job"
import { PayloadStore } from "@nominal-code/jobs/PayloadStore"
import * as RedisPayloadStore from "@nominal-code/jobs/RedisPayloadStore"
import { age, emptied, redisSuite, shared } from "@nominal-code/testing/RedisServer"
import { Effect, Layer, Option } from "effect"
import { payloadStoreSuite } from "./payloadStoreSuite.ts"

redisSuite("payloads in Redis", () => {
  const server = shared({ aof: false })
  const store = RedisPayloadStore.layer.pipe(Layer.provide(emptied(server)))

  payloadStoreSuite("Redis", store)

  it.effect("a payload that nobody fetched is gone after a day", () =>
    Effect.gen(function*() {
      const { get, put } = yield* PayloadStore
      const id = JobId.make("1".repeat(20))
      yield* put(id, "{}")
      yield* age(server)("23 hours")
      assert.deepStrictEqual(yield* get(id), Option.some("{}"))
      yield* age(server)("1 hour")
      assert.deepStrictEqual(yield* get(id), Option.none())
    }).pipe(Effect.provide(store)))
})
