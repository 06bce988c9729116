import { assert, describe, it } from "@effect/vitest"
import { Login, PullNumber, RepoName } from "@nominal-code/domain/event/PullRequest"
import { Lane, Namespace } from "@nominal-code/domain/job/Lane"
import { Conversation } from "@nominal-code/domain/model/Conversation"
import { ConversationStore } from "@nominal-code/persistence/ConversationStore"
import type { StoreError } from "@nominal-code/persistence/StoreError"
import { type Duration, Effect, Layer, Option } from "effect"
import { TestClock } from "effect/testing"

export const lane = (number: number, namespace = ""): Lane =>
  new Lane({
    namespace: Namespace.make(namespace),
    platform: "github",
    repo: RepoName.make("acme/api"),
    number: PullNumber.make(number),
    bot: Login.make("nominal")
  })

export const said = (text: string): Conversation => ({
  messages: [{ role: "user", content: [{ _tag: "Text", text }] }]
})

/** Conversations rest for an hour. */
export const options = { ttl: "1 hour" } as const

/** The value after a round trip through JSON, where -0 is 0; a session's id is UTF-8, without half characters. */
const asStored = ({ messages, sessionId }: Conversation): unknown =>
  JSON.parse(JSON.stringify({ messages, sessionId: sessionId?.toWellFormed() }))

/** Contract of every `ConversationStore`. `pass` lets time pass for it. */
export const conversationStoreSuite = (
  name: string,
  store: Layer.Layer<ConversationStore, StoreError>,
  pass: (duration: Duration.Input) => Effect.Effect<void> = TestClock.adjust
) => {
  const fresh = Layer.fresh(store)

  describe(`ConversationStore (${name})`, () => {
    it.effect("has nothing of a pull request that was never reviewed", () =>
      Effect.gen(function*() {
        const { load } = yield* ConversationStore
        assert.deepStrictEqual(yield* load(lane(1)), Option.none())
      }).pipe(Effect.provide(fresh)))

    it.effect("keeps the last conversation of each lane apart from the others'", () =>
      Effect.gen(function*() {
        const { load, save } = yield* ConversationStore
        yield* save(lane(1), said("first"))
        yield* save(lane(2), said("other pull request"))
        yield* save(lane(1, "tenant"), said("other tenant"))
        yield* save(lane(1), said("second"))
        assert.deepStrictEqual(yield* load(lane(1)), Option.some(said("second")))
        assert.deepStrictEqual(yield* load(lane(2)), Option.some(said("other pull request")))
        assert.deepStrictEqual(yield* load(lane(1, "tenant")), Option.some(said("other tenant")))
      }).pipe(Effect.provide(fresh)))

    it.effect.prop(
      "gives back what was saved, whatever it holds",
      [Conversation],
      ([conversation]) =>
        Effect.gen(function*() {
          const { load, save } = yield* ConversationStore
          yield* save(lane(1), conversation)
          assert.deepStrictEqual(asStored(Option.getOrThrow(yield* load(lane(1)))), asStored(conversation))
        }).pipe(Effect.provide(fresh)),
      { arbitrary: { runs: 30 } }
    )

    it.effect("forgets a conversation that has rested for its time, counted from the last save", () =>
      Effect.gen(function*() {
        const { load, save } = yield* ConversationStore
        yield* save(lane(1), said("first"))
        yield* pass("50 minutes")
        yield* save(lane(1), said("second"))
        yield* pass("50 minutes")
        assert.deepStrictEqual(yield* load(lane(1)), Option.some(said("second")))
        yield* pass("10 minutes")
        assert.deepStrictEqual(yield* load(lane(1)), Option.none())
      }).pipe(Effect.provide(fresh)))

    it.effect("is not changed by those who change what they saved or loaded", () =>
      Effect.gen(function*() {
        const { load, save } = yield* ConversationStore
        const messages = [...said("kept").messages]
        yield* save(lane(1), { messages })
        messages.push(...said("appended after saving").messages)
        const loaded = Option.getOrThrow(yield* load(lane(1)))
        Array.prototype.push.call(loaded.messages, ...said("appended after loading").messages)
        assert.deepStrictEqual(yield* load(lane(1)), Option.some(said("kept")))
      }).pipe(Effect.provide(fresh)))
  })
}
