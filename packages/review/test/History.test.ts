import { assert, describe, it } from "@effect/vitest"
import { Block, type Conversation, sizeOf } from "@nominal-code/domain/Conversation"
import { ConversationStore } from "@nominal-code/persistence/ConversationStore"
import { StoreError } from "@nominal-code/persistence/StoreError"
import { Effect, Layer, Option } from "effect"
import * as History from "../src/History.ts"
import * as Scene from "./Scene.ts"

const { lane } = Scene.pushJob
const call: Conversation["messages"][number] = {
  role: "assistant",
  content: [Block.cases.ToolUse.make({ id: "t1", name: "submit_review", input: {} })]
}

const stored = (conversation: Conversation) => Scene.layer(Scene.world({ conversation: Option.some(conversation) }))

describe("the history of a pull request", () => {
  it.effect("comes back with every tool call answered", () =>
    Effect.gen(function*() {
      const { messages, sessionId } = yield* History.load(lane, 0)
      assert.strictEqual(sessionId, "s-1")
      assert.deepInclude(messages.at(-1)?.content[0], { _tag: "ToolResult", toolUseId: "t1" })
    }).pipe(Effect.provide(stored({ sessionId: "s-1", messages: [Scene.said("user", "review"), call] }))))

  it.effect("loses its oldest exchanges to leave room for the prompt", () =>
    Effect.gen(function*() {
      const { messages } = yield* History.load(lane, 100_000)
      assert.isAtMost(messages.reduce((sum, message) => sum + sizeOf(message), 0), 400_000)
      assert.strictEqual(messages[0]?.role, "user")
      assert.strictEqual(messages.length, 2)
      assert.deepStrictEqual((yield* History.load(lane, 490_000)).messages, [])
    }).pipe(Effect.provide(stored({
      messages: [
        Scene.said("user", "a".repeat(300_000)),
        Scene.said("assistant", "b"),
        Scene.said("user", "c".repeat(300_000)),
        Scene.said("assistant", "d")
      ]
    }))))

  it.effect("is not needed: a store that fails costs the memory only, and the review goes on", () =>
    Effect.gen(function*() {
      assert.deepStrictEqual(yield* History.load(lane, 0), { messages: [] })
      yield* History.save(lane, { messages: [] })
    }).pipe(Effect.provide(Layer.mock(ConversationStore, {
      load: () => Effect.fail(new StoreError({ operation: "load", message: "away", reason: "unavailable" })),
      save: () => Effect.fail(new StoreError({ operation: "save", message: "away", reason: "unavailable" }))
    }))))
})
