import { assert, it } from "@effect/vitest"
import type { ReviewSettings } from "@nominal-code/domain/ReviewSettings"
import { ReviewConfig } from "@nominal-code/review/ReviewConfig"
import { layerTest, testConfig } from "@nominal-code/testing/TestConfig"
import { Effect, Layer, Option } from "effect"
import * as Configured from "../src/Configured.ts"

it.effect("a Redis that nobody configured is one clear line", () =>
  Effect.gen(function*() {
    const error = yield* Effect.flip(Layer.build(Configured.redis))
    assert.strictEqual(error.message, "redis.url (REDIS_URL) must be set to a redis:// or rediss:// URL")
  }).pipe(Effect.provide(layerTest())))

it.effect("the settings that a job brings take the place of the process's own", () =>
  Effect.gen(function*() {
    const own = testConfig().review
    const brought: ReviewSettings = { ...own, dryRun: true, codingGuidelines: "Say it once." }
    const read = (given: Option.Option<ReviewSettings>) =>
      Effect.provide(Effect.map(ReviewConfig, ({ settings }) => settings), Configured.reviewConfig(given))
    assert.deepStrictEqual(yield* read(Option.some(brought)), brought)
    assert.deepStrictEqual(yield* read(Option.none()), own)
  }).pipe(Effect.provide(layerTest())))
