import { assert, it } from "@effect/vitest"
import { Block } from "@nominal-code/domain/model/Conversation"
import * as Anthropic from "@nominal-code/llm/Anthropic"
import * as Google from "@nominal-code/llm/Google"
import * as LlmProviders from "@nominal-code/llm/LlmProviders"
import * as OpenAi from "@nominal-code/llm/OpenAi"
import { limitsWithin } from "@nominal-code/llm/Retry"
import { Duration, Effect, Option, Redacted } from "effect"
import { fine as fromGoogle } from "./GoogleService.ts"
import { fine as fromOpenAi, request } from "./OpenAiScene.ts"
import { serve } from "./ScriptedService.ts"

const settings = (key: string, url: string) => ({
  apiKey: Redacted.make(key),
  baseUrl: Option.some(url),
  limits: limitsWithin(Duration.minutes(1))
})

const well = [Block.cases.Text.make({ text: "All well." })]

it.live("several services are asked side by side, each with its own key", () =>
  Effect.gen(function*() {
    const openai = yield* serve([fromOpenAi])
    const google = yield* serve([fromGoogle])
    const answers = yield* Effect.gen(function*() {
      const providers = yield* LlmProviders.LlmProviders
      const send = (name: string) => Effect.flatMap(providers.of(name), (provider) => provider.send(request))
      return yield* Effect.all([send("openai"), send("google")], { concurrency: 2 })
    }).pipe(Effect.provide(LlmProviders.layer([
      OpenAi.layer(settings("key-of-openai", `${openai.url}/v1`)),
      Google.layer(settings("key-of-google", google.url)),
      Anthropic.layerWithoutKey
    ])))
    assert.deepStrictEqual(answers.map(({ content }) => content), [well, well])
    assert.strictEqual(openai.received[0]?.headers.authorization, "Bearer key-of-openai")
    assert.strictEqual(google.received[0]?.headers["x-goog-api-key"], "key-of-google")
  }))

it.effect("a name that this process does not have is told from those that it has", () =>
  Effect.gen(function*() {
    const providers = yield* LlmProviders.LlmProviders
    assert.deepStrictEqual(providers.names, ["anthropic", "google"])
    const error = yield* Effect.flip(providers.of("mine"))
    assert.deepStrictEqual([error.reason, error.provider], ["invalid-request", "mine"])
    assert.include(error.message, "anthropic, google")
  }).pipe(Effect.provide(LlmProviders.layer([Anthropic.layerWithoutKey, Google.layerWithoutKey]))))
