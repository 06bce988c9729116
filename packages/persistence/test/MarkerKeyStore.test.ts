import { assert, it } from "@effect/vitest"
import { MarkerKeys } from "@nominal-code/domain/review/MarkerSeal"
import * as MarkerKeyStore from "@nominal-code/persistence/MarkerKeyStore"
import { Redis } from "@nominal-code/persistence/Redis"
import { StoreError } from "@nominal-code/persistence/StoreError"
import { emptied, redisSuite, shared } from "@nominal-code/testing/RedisServer"
import { Effect, Fiber, Layer, Redacted } from "effect"
import { TestClock } from "effect/testing"
import { databaseAt, temporaryDirectory } from "./TestDatabase.ts"

const keys = Effect.map(MarkerKeys, (found) => found.map(Redacted.value))

/** The keys as a process finds them that opens the store anew. */
const openedWith = <E, R>(layer: Layer.Layer<never, E, R>) => Effect.provide(keys, Layer.fresh(layer))

const oneKeyForAll = <E, R>(layerOf: (use: "make" | "read") => Layer.Layer<never, E, R>) =>
  Effect.gen(function*() {
    assert.deepStrictEqual(yield* openedWith(layerOf("read")), [])
    const servers = yield* Effect.all([openedWith(layerOf("make")), openedWith(layerOf("make"))], { concurrency: 2 })
    const [[key = ""] = []] = servers
    assert.match(key, /^[0-9a-f]{64}$/)
    for (const found of [...servers, yield* openedWith(layerOf("read"))]) assert.deepStrictEqual(found, [key])
  })

it.effect("the servers on a database make one key, and other processes make none", () =>
  Effect.flatMap(
    temporaryDirectory,
    (directory) => oneKeyForAll((use) => MarkerKeyStore.layerSqlite(use).pipe(Layer.provide(databaseAt(directory))))
  ))

redisSuite("keys of markers in Redis", () => {
  const server = shared({ aof: false })

  it.effect("the servers on a Redis make one key, and other processes make none", () =>
    oneKeyForAll(MarkerKeyStore.layerRedis).pipe(Effect.provide(emptied(server))))

  it.effect("a key that somebody has put before the first one is the one to seal with, and both count", () =>
    Effect.gen(function*() {
      yield* (yield* server).command("set", "nc:marker-keys", "newer older")
      assert.deepStrictEqual(yield* openedWith(MarkerKeyStore.layerRedis("make")), ["newer", "older"])
    }).pipe(Effect.provide(emptied(server))))

  it.effect("a start that loses its connection to Redis at each step finds the key all the same", () =>
    Effect.gen(function*() {
      const redis = yield* Redis
      let calls = 0
      const losing = Redis.of({
        ...redis,
        send: (...call) =>
          Effect.suspend(() =>
            ++calls % 2 === 1
              ? Effect.fail(
                new StoreError({ operation: "test", message: "the connection was lost", reason: "unavailable" })
              )
              : redis.send(...call)
          )
      })
      const opened = yield* Effect.forkChild(
        openedWith(MarkerKeyStore.layerRedis("make")).pipe(Effect.provideService(Redis, losing))
      )
      yield* Effect.repeat(Effect.andThen(TestClock.adjust("250 millis"), Effect.yieldNow), {
        until: () => opened.pollUnsafe() !== undefined
      })
      assert.match((yield* Fiber.join(opened)).join(), /^[0-9a-f]{64}$/)
      assert.strictEqual(calls, 4)
    }).pipe(Effect.provide(emptied(server))))
})
