import { assert, it } from "@effect/vitest"
import { RepoName } from "@nominal-code/domain/event/PullRequest"
import { Forge } from "@nominal-code/forge/Forge"
import * as GitHub from "@nominal-code/forge/GitHub"
import * as Anthropic from "@nominal-code/llm/Anthropic"
import { LlmProvider } from "@nominal-code/llm/LlmProvider"
import { limitsWithin } from "@nominal-code/llm/Retry"
import * as ConversationStoreMemory from "@nominal-code/persistence/ConversationStoreMemory"
import { Config, ConfigProvider, Duration, Effect, Layer, Redacted } from "effect"

const layers = Layer.mergeAll(
  GitHub.layerConfig({
    credentials: { _tag: Config.succeed("Token"), token: Config.Redacted("GITHUB_TOKEN") },
    cloneBase: Config.String("GITHUB_URL")
  }),
  Anthropic.layerConfig({
    apiKey: Config.Redacted("ANTHROPIC_API_KEY"),
    baseUrl: Config.option(Config.String("ANTHROPIC_BASE_URL")),
    limits: Config.succeed(limitsWithin(Duration.minutes(10)))
  }),
  ConversationStoreMemory.layerConfig(Config.map(Config.Duration("TTL"), (ttl) => ({ ttl })))
)

const built = (env: Readonly<Record<string, string>>) =>
  Layer.build(layers).pipe(
    Effect.provideService(ConfigProvider.ConfigProvider, ConfigProvider.fromUnknown(env)),
    Effect.scoped
  )

const env = { GITHUB_TOKEN: "t0ken", GITHUB_URL: "https://ghe.example", ANTHROPIC_API_KEY: "k", TTL: "7 days" }

it.effect("leaf layers take their options from Effect's Config", () =>
  Effect.gen(function*() {
    const context = yield* built(env)
    const { password, url } = yield* Effect.provide(
      Forge.use((forge) => forge.cloneSource(RepoName.make("acme/api"))),
      context
    )
    assert.deepStrictEqual([url, Redacted.value(password)], ["https://ghe.example/acme/api.git", "t0ken"])
    assert.strictEqual((yield* Effect.provide(LlmProvider, context)).name, "anthropic")
  }))

for (const missing of ["GITHUB_TOKEN", "ANTHROPIC_API_KEY", "TTL"] as const) {
  it.effect(`a leaf layer whose ${missing} is missing fails and names it`, () =>
    Effect.gen(function*() {
      const { [missing]: _, ...rest } = env
      const error = yield* Effect.flip(built(rest))
      assert.strictEqual(error._tag, "ConfigError")
      assert.include(error.message, missing)
    }))
}
