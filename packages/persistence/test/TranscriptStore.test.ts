import { assert, it } from "@effect/vitest"
import * as TranscriptStore from "@nominal-code/persistence/TranscriptStore"
import { emptied, redisSuite, shared } from "@nominal-code/testing/RedisServer"
import { Effect, Option } from "effect"
import { randomBytes } from "node:crypto"

redisSuite("the transcripts in Redis", () => {
  const server = shared({ aof: false })
  const within = emptied(server)

  it.effect("are there for seven days, compressed", () =>
    Effect.gen(function*() {
      const text = "{\"_tag\":\"Answered\"}\n".repeat(1_000)
      yield* TranscriptStore.put("abc", "an earlier one")
      yield* TranscriptStore.put("abc", text)
      assert.deepStrictEqual(yield* TranscriptStore.get("abc"), Option.some(text))
      assert.deepStrictEqual(yield* TranscriptStore.get("abd"), Option.none())
      const { command } = yield* server
      assert.isBelow(Number(yield* command("strlen", "nc:transcript:abc")), 500)
      const left = Number(yield* command("pttl", "nc:transcript:abc"))
      assert.isTrue(left > 6 * 86_400_000 && left <= 7 * 86_400_000)
    }).pipe(Effect.provide(within)))

  it.effect("are refused beyond 4 MiB, and what is no transcript is not read", () =>
    Effect.gen(function*() {
      const large = randomBytes(5 * 1024 * 1024).toString("latin1")
      const refused = yield* Effect.flip(TranscriptStore.put("abc", large))
      assert.include(refused.message, "4194304")
      yield* (yield* server).command("set", "nc:transcript:abc", "something else")
      const { message } = yield* Effect.flip(TranscriptStore.get("abc"))
      assert.include(message, "cannot be read")
    }).pipe(Effect.provide(within)))
})
