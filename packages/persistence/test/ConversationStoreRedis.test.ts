import { NodeServices } from "@effect/platform-node"
import { assert, it } from "@effect/vitest"
import { ConversationStore } from "@nominal-code/persistence/ConversationStore"
import * as ConversationStoreRedis from "@nominal-code/persistence/ConversationStoreRedis"
import { age, emptied, redisSuite, shared } from "@nominal-code/testing/RedisServer"
import { Effect, Layer, Logger, Option } from "effect"
import { randomBytes } from "node:crypto"
import { conversationStoreSuite, lane, options, said } from "./conversationStoreSuite.ts"

redisSuite("conversations in Redis", () => {
  const server = shared({ aof: false })
  const store = Layer.fresh(ConversationStoreRedis.layer(options)).pipe(
    Layer.provide(emptied(server)),
    Layer.provide(NodeServices.layer)
  )
  const command = (name: string, ...args: ReadonlyArray<string | number>) =>
    Effect.flatMap(server, (server) => server.command(name, ...args))

  conversationStoreSuite("Redis", store, age(server))

  it.effect("every key of a conversation expires", () =>
    Effect.gen(function*() {
      const { save } = yield* ConversationStore
      yield* save(lane(1, "tenant"), { ...said("hello"), sessionId: "s1" })
      const keys = ["nc:conv:{tenant:github:acme/api:1:nominal}", "nc:msgs:{tenant:github:acme/api:1:nominal}"]
      assert.sameMembers((yield* command("keys", "*")) as Array<string>, keys)
      for (const key of keys) {
        const left = yield* command("pttl", key)
        assert.isTrue(typeof left === "number" && left > 3_590_000 && left <= 3_600_000, `${key}: ${left} ms`)
      }
    }).pipe(Effect.provide(store)))

  it.effect("a conversation takes little room, one of an older version is read, and one that is too long is not kept", () =>
    Effect.gen(function*() {
      const { load, save } = yield* ConversationStore
      const long = said("The rounding is wrong for negative amounts. ".repeat(2_000))
      yield* save(lane(1), long)
      assert.isBelow(String(yield* command("get", "nc:msgs:{github:acme/api:1:nominal}")).length, 2_000)
      assert.deepStrictEqual(yield* load(lane(1)), Option.some(long))
      yield* command("set", "nc:msgs:{github:acme/api:2:nominal}", JSON.stringify(said("older").messages))
      assert.deepStrictEqual(yield* load(lane(2)), Option.some(said("older")))
      yield* save(lane(3), said(randomBytes(1024 * 1024).toString("hex"))).pipe(Effect.provide(Logger.layer([])))
      assert.deepStrictEqual(yield* load(lane(3)), Option.none())
    }).pipe(Effect.provide(store)))

  it.effect("a session ends with the conversation that replaces it without one", () =>
    Effect.gen(function*() {
      const { load, save } = yield* ConversationStore
      yield* save(lane(1), { ...said("first"), sessionId: "s1" })
      assert.deepStrictEqual(yield* load(lane(1)), Option.some({ ...said("first"), sessionId: "s1" }))
      yield* save(lane(1), said("second"))
      assert.deepStrictEqual(yield* load(lane(1)), Option.some(said("second")))
    }).pipe(Effect.provide(store)))

  it.effect("a conversation that cannot be read is absent; the log says so, and not what it holds", () =>
    Effect.gen(function*() {
      const { load } = yield* ConversationStore
      const logged: Array<unknown> = []
      const logger = Logger.layer([Logger.make(({ message }) => logged.push(message))])
      for (const content of ["[secret", "{\"messages\": \"secret\"}"]) {
        yield* command("set", "nc:msgs:{github:acme/api:1:nominal}", content)
        assert.deepStrictEqual(yield* Effect.provide(load(lane(1)), logger), Option.none())
      }
      const text =
        "the stored conversation of github:acme/api:1:nominal cannot be read; its next review starts a new one"
      assert.deepStrictEqual(logged, [[text], [text]])
    }).pipe(Effect.provide(store)))
})
