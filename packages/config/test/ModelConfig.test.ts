import { assert, it } from "@effect/vitest"
import { defaultModels } from "@nominal-code/config/DefaultModels"
import { Effect, Option, Redacted } from "effect"
import { complete, configured, problems } from "./Fixture.ts"

it.effect("the short names of the agent are those of the reviewer, and the long ones win", () =>
  Effect.gen(function*() {
    const short = yield* configured({ yaml: "agent: { provider: anthropic, model: m1, max_turns: 3 }" })
    assert.deepStrictEqual(short.review.reviewer, { provider: "anthropic", model: "m1", maxTurns: 3 })
    const yaml = "agent: { model: m1, max_turns: 3, reviewer: { model: m2 } }"
    const long = yield* configured({ yaml })
    assert.deepStrictEqual([long.review.reviewer.model, long.review.reviewer.maxTurns], ["m2", 3])
    const env = yield* configured({ yaml, env: { ...complete, AGENT_MODEL: "m3" } })
    assert.strictEqual(env.review.reviewer.model, "m3")
  }))

it.effect("without a word about models, the current one of Anthropic reviews and explores", () =>
  Effect.gen(function*() {
    const { review } = yield* configured({})
    const model = { provider: "anthropic", model: defaultModels.anthropic } as const
    assert.deepStrictEqual([review.reviewer, review.explorer], [{ ...model, maxTurns: 8 }, { ...model, maxTurns: 32 }])
  }))

it.effect("the explorer uses the reviewer's model unless it has its own", () =>
  Effect.gen(function*() {
    const inherited = yield* configured({ env: { ...complete, AGENT_MODEL: "m1" } })
    assert.strictEqual(inherited.review.explorer.model, "m1")
    const env = { ...complete, AGENT_MODEL: "m1", AGENT_EXPLORER_PROVIDER: "anthropic", AGENT_EXPLORER_MODEL: "m2" }
    assert.strictEqual((yield* configured({ env })).review.explorer.model, "m2")
  }))

it.effect("a provider that does not exist, or is not in this build, is named with those that are", () =>
  Effect.gen(function*() {
    const unknown = (env: Record<string, string>) => problems({ mode: "review", env: { ...complete, ...env } })
    assert.deepStrictEqual(yield* unknown({ AGENT_PROVIDER: "Anthropic" }), [
      "agent.reviewer.provider (AGENT_PROVIDER): Unknown AGENT_PROVIDER: 'Anthropic'. Available: anthropic, openai, google"
    ])
    assert.deepStrictEqual(yield* unknown({ AGENT_EXPLORER_PROVIDER: "hal" }), [
      "agent.explorer.provider (AGENT_EXPLORER_PROVIDER): Unknown AGENT_EXPLORER_PROVIDER: 'hal'. Available: anthropic, openai, google"
    ])
    assert.deepStrictEqual(yield* unknown({ AGENT_PROVIDER: "groq" }), [
      "agent.reviewer.provider (AGENT_PROVIDER): this build cannot talk to \"groq\" yet. Available: anthropic, openai, google"
    ])
  }))

const namesOf = ({ providers }: { readonly providers: ReadonlyArray<{ readonly name: string }> }) =>
  providers.map(({ name }) => name)

it.effect("each provider has its default model, its key and its place", () =>
  Effect.gen(function*() {
    for (const [provider, variable] of [["openai", "OPENAI"], ["google", "GOOGLE"]] as const) {
      const url = `https://gateway.example/${provider}`
      const config = yield* configured({
        env: {
          ...complete,
          AGENT_PROVIDER: provider,
          [`${variable}_API_KEY`]: "a-key",
          [`${variable}_BASE_URL`]: url
        }
      })
      assert.include(config.review.reviewer, { provider, model: defaultModels[provider] })
      assert.deepStrictEqual(
        config.providers.map(({ apiKey, baseUrl, name }) => [name, Redacted.value(apiKey), baseUrl]),
        [
          [provider, "a-key", Option.some(url)]
        ]
      )
    }
  }))

it.effect("a server misses the key of a provider that it uses, in one problem that names the variable", () =>
  Effect.gen(function*() {
    assert.deepStrictEqual(yield* problems({ env: { ...complete, ANTHROPIC_API_KEY: "" } }), [
      "ANTHROPIC_API_KEY: ANTHROPIC_API_KEY must be set: the provider \"anthropic\" needs its key"
    ])
    assert.deepStrictEqual(yield* problems({ env: { ...complete, AGENT_PROVIDER: "openai" } }), [
      "OPENAI_API_KEY: OPENAI_API_KEY must be set: the provider \"openai\" needs its key"
    ])
    assert.deepStrictEqual(yield* problems({ mode: "review", env: { ...complete, ANTHROPIC_API_KEY: "" } }), [])
  }))

it.effect("a server and a terminal take the keys that they use; a job's process every one that is there", () =>
  Effect.gen(function*() {
    const env = { ...complete, GOOGLE_API_KEY: "g", OPENAI_API_KEY: "o" }
    for (const mode of ["serve", "review"] as const) {
      assert.deepStrictEqual(namesOf(yield* configured({ mode, env })), ["anthropic"])
    }
    assert.deepStrictEqual(namesOf(yield* configured({ mode: "run-job", env })), ["anthropic", "openai", "google"])
    const { ANTHROPIC_API_KEY: _, ...others } = env
    assert.deepStrictEqual(namesOf(yield* configured({ mode: "run-job", env: others })), ["openai", "google"])
    assert.deepStrictEqual(
      yield* problems({ mode: "run-job", env: { ...others, GOOGLE_API_KEY: "", OPENAI_API_KEY: "" } }),
      []
    )
  }))

it.effect("a model service may be anywhere, and one in the clear warns", () =>
  Effect.gen(function*() {
    const at = (ANTHROPIC_BASE_URL: string) => configured({ env: { ...complete, ANTHROPIC_BASE_URL } })
    const local = yield* at("http://127.0.0.1:4010/")
    assert.deepStrictEqual(local.providers.map(({ apiKey, baseUrl }) => [Redacted.value(apiKey), baseUrl]), [
      ["sk-ant-key", Option.some("http://127.0.0.1:4010")]
    ])
    assert.deepStrictEqual(local.warnings, [])
    const gateway = yield* at("http://gateway.internal/v1")
    assert.match(
      gateway.warnings[0] ?? "",
      /^ANTHROPIC_BASE_URL: the key and the code under review go there unencrypted/
    )
    const bad = yield* at("gateway").pipe(Effect.flip)
    assert.match(bad.message, /ANTHROPIC_BASE_URL: "gateway" in the environment is not an http or https URL/)
  }))

it.effect("the variables of a provider that is not used are nobody's business", () =>
  Effect.gen(function*() {
    assert.deepStrictEqual(
      yield* problems({ env: { ...complete, OPENAI_BASE_URL: "whatever", GROQ_API_KEY: "two words" } }),
      []
    )
  }))
