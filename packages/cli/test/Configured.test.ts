import { NodeServices } from "@effect/platform-node"
import { assert, it } from "@effect/vitest"
import { defaultModels, explorerModels } from "@nominal-code/config/DefaultModels"
import { providerNames } from "@nominal-code/config/settings/Providers"
import type { ReviewSettings } from "@nominal-code/domain/settings/ReviewSettings"
import { ForgeLimits } from "@nominal-code/forge/ForgeLimits"
import { LlmProviders } from "@nominal-code/llm/LlmProviders"
import { largestOutputOf } from "@nominal-code/llm/ModelOutput"
import { listedPrices } from "@nominal-code/llm/Pricing"
import { ReviewConfig } from "@nominal-code/review/ReviewConfig"
import { layerTest, testConfig } from "@nominal-code/testing/TestConfig"
import { Duration, Effect, Layer, Option } from "effect"
import { TestClock } from "effect/testing"
import * as Configured from "../src/Configured.ts"

it.effect("a Redis that nobody configured is one clear line", () =>
  Effect.gen(function*() {
    const error = yield* Effect.flip(Layer.build(Configured.redis))
    assert.strictEqual(error.message, "redis.url (REDIS_URL) must be set to a redis:// or rediss:// URL")
  }).pipe(Effect.provide(layerTest())))

it.effect("a process without a Redis keeps the rate limits of its forges by itself", () =>
  Effect.gen(function*() {
    const limits = yield* ForgeLimits
    yield* limits.heard("github", Duration.minutes(5))
    assert.strictEqual(Duration.toMinutes(yield* limits.left("github")), 5)
  }).pipe(Effect.provide(Layer.provide(Configured.forgeLimits, layerTest()))))

it.effect("the settings that a job brings take the place of the process's own", () =>
  Effect.gen(function*() {
    const own = testConfig().review
    const brought: ReviewSettings = { ...own, dryRun: true, codingGuidelines: "Say it once." }
    const read = (given: Option.Option<ReviewSettings>) =>
      Effect.provide(Effect.map(ReviewConfig, ({ settings }) => settings), Configured.reviewConfig(given))
    assert.deepStrictEqual(yield* read(Option.some(brought)), brought)
    assert.deepStrictEqual(yield* read(Option.none()), own)
  }).pipe(Effect.provide(layerTest())))

it("every default model has a price, and may write what a call asks for", () => {
  for (const model of [...Object.values(defaultModels), ...Object.values(explorerModels)]) {
    assert.isTrue(Option.isSome(listedPrices.priceOf(model)), model)
    assert.isAtLeast(Option.getOrElse(largestOutputOf(model), () => 0), 16_384, model)
  }
})

const request = {
  model: "gemini-2.5-flash",
  system: "",
  messages: [],
  tools: [],
  toolChoice: "auto",
  maxOutputTokens: 1
} as const

it.effect("a service with a rate is asked when the tokens of a call are there, and one without a rate at once", () =>
  Effect.gen(function*() {
    const providers = yield* LlmProviders
    const calls = yield* Effect.forEach(
      ["google", "openai"] as const,
      (name) => Effect.flatMap(providers.of(name), ({ send }) => Effect.forkChild(Effect.flip(send(request))))
    )
    const ended = () => calls.map((call) => call.pollUnsafe() !== undefined)
    yield* TestClock.adjust("59 seconds")
    assert.deepStrictEqual(ended(), [false, true])
    yield* TestClock.adjust("1 second")
    assert.deepStrictEqual(ended(), [true, true])
  }).pipe(Effect.provide(Layer.provide(Configured.ratedModels, [
    layerTest({ rates: { google: { tokensPerMinute: 500 } } }),
    NodeServices.layer
  ]))))

it.effect("every provider is there, and one without a key names its variable when it is asked", () =>
  Effect.gen(function*() {
    const providers = yield* LlmProviders
    assert.deepStrictEqual([...providers.names], [...providerNames])
    const google = yield* providers.of("google")
    const error = yield* Effect.flip(google.send(request))
    assert.strictEqual(error.message, "There is no key for the Gemini API: set GOOGLE_API_KEY")
  }).pipe(Effect.provide(Layer.provide(Configured.models, layerTest()))))
