import { assert, it } from "@effect/vitest"
import { ConversationStore } from "@nominal-code/persistence/ConversationStore"
import * as ConversationStoreSqlite from "@nominal-code/persistence/ConversationStoreSqlite"
import { Sqlite } from "@nominal-code/persistence/Sqlite"
import { Effect, Layer, Logger, Option, Schema } from "effect"
import { TestClock } from "effect/testing"
import { conversationStoreSuite, lane, options, said } from "./conversationStoreSuite.ts"
import { databaseAt, freshDatabase, temporaryDirectory } from "./TestDatabase.ts"

conversationStoreSuite(
  "SQLite",
  Layer.unwrap(
    Effect.sync(() => ConversationStoreSqlite.layer(options).pipe(Layer.provide(Layer.fresh(freshDatabase))))
  )
)

const store = ConversationStoreSqlite.layer(options)

it.effect("a conversation survives the process", () =>
  Effect.gen(function*() {
    const directory = yield* temporaryDirectory
    const reopened = Layer.fresh(store).pipe(Layer.provide(databaseAt(directory)))
    yield* Effect.provide(ConversationStore.use(({ save }) => save(lane(1), said("hello"))), reopened)
    assert.deepStrictEqual(
      yield* Effect.provide(ConversationStore.use(({ load }) => load(lane(1))), reopened),
      Option.some(said("hello"))
    )
  }))

it.effect("a conversation that cannot be read is absent; the log says so, and not what it holds", () =>
  Effect.gen(function*() {
    const { load, save } = yield* ConversationStore
    const { transaction } = yield* Sqlite
    const logged: Array<unknown> = []
    const logger = Logger.layer([Logger.make(({ message }) => logged.push(message))])
    for (const content of ["{\"messages\": [secret", "{\"messages\": \"secret\"}"]) {
      yield* save(lane(1), said("hello"))
      yield* transaction(
        "test",
        (statements) => statements.run("UPDATE conversations SET content = :content", { content })
      )
      assert.deepStrictEqual(yield* Effect.provide(load(lane(1)), logger), Option.none())
    }
    const text = "the stored conversation of github:acme/api:1:nominal cannot be read; its next review starts a new one"
    assert.deepStrictEqual(logged, [[text], [text]])
  }).pipe(Effect.provide(store.pipe(Layer.provideMerge(freshDatabase)))))

it.effect("what has expired leaves the file", () =>
  Effect.gen(function*() {
    const { save } = yield* ConversationStore
    const { read } = yield* Sqlite
    yield* save(lane(1), said("old"))
    yield* TestClock.adjust("1 hour")
    yield* save(lane(2), said("new"))
    const rows = yield* read("test", (statements) =>
      statements.all(Schema.Struct({ lane: Schema.String }), "SELECT lane FROM conversations"))
    assert.deepStrictEqual(rows, [{ lane: "github:acme/api:2:nominal" }])
  }).pipe(Effect.provide(store.pipe(Layer.provideMerge(freshDatabase)))))
