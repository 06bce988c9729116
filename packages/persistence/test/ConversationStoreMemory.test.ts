import { assert, it } from "@effect/vitest"
import { ConversationStore } from "@nominal-code/persistence/ConversationStore"
import * as ConversationStoreMemory from "@nominal-code/persistence/ConversationStoreMemory"
import { Effect, Option } from "effect"
import { conversationStoreSuite, lane, options, said } from "./conversationStoreSuite.ts"

conversationStoreSuite("memory", ConversationStoreMemory.layer(options))

it.effect("memory does not grow with the number of pull requests: the longest unsaved conversation goes", () =>
  Effect.gen(function*() {
    const { load, save } = yield* ConversationStore
    yield* Effect.forEach(
      Array.from({ length: 200 }, (_, index) => lane(index + 1)),
      (one) => save(one, said("hello")),
      {
        concurrency: 1
      }
    )
    yield* save(lane(1), said("again"))
    yield* save(lane(201), said("hello"))
    assert.isTrue(Option.isSome(yield* load(lane(1))))
    assert.isTrue(Option.isNone(yield* load(lane(2))))
    assert.isTrue(Option.isSome(yield* load(lane(201))))
  }).pipe(Effect.provide(ConversationStoreMemory.layer(options))))
