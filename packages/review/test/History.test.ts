import { assert, describe, it } from "@effect/vitest"
import { Block, type Conversation, sizeOf } from "@nominal-code/domain/model/Conversation"
import { ConversationStore } from "@nominal-code/persistence/ConversationStore"
import { StoreError } from "@nominal-code/persistence/StoreError"
import { Effect, Layer, Option } from "effect"
import * as History from "../src/context/History.ts"
import * as Scene from "./Scene.ts"

const { lane } = Scene.pushJob
const checkout = Scene.checkoutOf(Scene.world(), Scene.headSha)
const call: Conversation["messages"][number] = {
  role: "assistant",
  content: [Block.cases.ToolUse.make({ id: "t1", name: "submit_review", input: {} })]
}

const stored = (conversation: Conversation) => Scene.layer(Scene.world({ conversation: Option.some(conversation) }))

describe("the history of a pull request", () => {
  it.effect("comes back with an answer to its open tool call", () =>
    Effect.gen(function*() {
      const { messages, sessionId } = yield* History.load(lane, 0, checkout)
      assert.strictEqual(sessionId, "s-1")
      assert.deepInclude(messages.at(-1)?.content[0], { _tag: "ToolResult", toolUseId: "t1" })
    }).pipe(
      Effect.provide(
        stored({ sessionId: "s-1", headSha: Scene.headSha, messages: [Scene.said("user", "review"), call] })
      )
    ))

  it.effect("loses its oldest exchanges to leave room for the prompt", () =>
    Effect.gen(function*() {
      const { messages } = yield* History.load(lane, 100_000, checkout)
      assert.isAtMost(messages.reduce((sum, message) => sum + sizeOf(message), 0), 400_000)
      assert.strictEqual(messages[0]?.role, "user")
      assert.strictEqual(messages.length, 2)
      assert.deepStrictEqual((yield* History.load(lane, 490_000, checkout)).messages, [])
    }).pipe(Effect.provide(stored({
      headSha: Scene.headSha,
      messages: [
        Scene.said("user", "a".repeat(300_000)),
        Scene.said("assistant", "b"),
        Scene.said("user", "c".repeat(300_000)),
        Scene.said("assistant", "d")
      ]
    }))))

  it.effect("is not needed: a store that fails costs the memory only, and the review goes on", () =>
    Effect.gen(function*() {
      assert.deepStrictEqual(yield* History.load(lane, 0, checkout), { messages: [] })
      yield* History.save(lane, { messages: [] })
    }).pipe(Effect.provide(Layer.mock(ConversationStore, {
      load: () => Effect.fail(new StoreError({ operation: "load", message: "away", reason: "unavailable" })),
      save: () => Effect.fail(new StoreError({ operation: "save", message: "away", reason: "unavailable" }))
    }))))

  const read: Conversation["messages"] = [
    Scene.said("user", "review"),
    {
      role: "assistant",
      content: [
        Block.cases.ToolUse.make({ id: "t1", name: "WriteNotes", input: { content: "cart.ts:11 starts at zero" } }),
        Block.cases.ToolUse.make({ id: "t2", name: "Read", input: { file_path: "src/cart.ts" } })
      ]
    },
    {
      role: "user",
      content: ["t1", "t2"].map((toolUseId) =>
        Block.cases.ToolResult.make({ toolUseId, content: "the old cart", isError: false })
      )
    }
  ]

  it.effect("of another commit is its notes only, and so are those of the commits before", () =>
    Effect.gen(function*() {
      const { messages } = yield* History.load(lane, 0, checkout)
      const text = JSON.stringify(messages)
      assert.strictEqual(messages.length, 1)
      assert.include(text, "cart.ts:11 starts at zero")
      assert.notInclude(text, "the old cart")
      yield* History.save(lane, { headSha: Scene.nextSha, messages: [...messages, Scene.said("assistant", "done")] })
      assert.include(JSON.stringify((yield* History.load(lane, 0, checkout)).messages), "starts at zero")
    }).pipe(Effect.provide(stored({ headSha: Scene.nextSha, messages: read }))))

  it.effect("goes on in a runner's session, unless its commit is gone", () =>
    Effect.gen(function*() {
      const after = (since: Scene.World["since"]) =>
        History.load(lane, 0, Scene.checkoutOf(Scene.world({ since }), Scene.headSha))
      assert.strictEqual((yield* after(Option.some([]))).sessionId, "s-1")
      assert.isUndefined((yield* after(Option.none())).sessionId)
    }).pipe(Effect.provide(stored({ sessionId: "s-1", headSha: Scene.nextSha, messages: [] }))))
})
