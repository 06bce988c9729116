import { assert, it } from "@effect/vitest"
import type { AppConfig, ProviderSettings } from "@nominal-code/config/AppConfig"
import {
  defaultModelOf,
  defaultModels,
  explorerModels,
  retirementOf,
  retirements
} from "@nominal-code/config/DefaultModels"
import { providerNames, providers } from "@nominal-code/config/settings/Providers"
import { agentsOf, ReviewSettings, verifierOf } from "@nominal-code/domain/settings/ReviewSettings"
import { Effect, Option, Redacted, Schema } from "effect"
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
    assert.deepStrictEqual([review.reviewer, review.explorer], [
      { provider: "anthropic", model: defaultModels.anthropic, maxTurns: 8 },
      { provider: "anthropic", model: "claude-haiku-5-5", maxTurns: 32 }
    ])
    assert.deepStrictEqual(review.explorers, { maxConcurrent: 4, maxCostUsd: 0.5 })
  }))

it.effect("the explorer uses the reviewer's model unless it has its own", () =>
  Effect.gen(function*() {
    const inherited = yield* configured({ env: { ...complete, AGENT_MODEL: "m1" } })
    assert.strictEqual(inherited.review.explorer.model, "m1")
    const env = { ...complete, AGENT_MODEL: "m1", AGENT_EXPLORER_PROVIDER: "anthropic", AGENT_EXPLORER_MODEL: "m2" }
    assert.strictEqual((yield* configured({ env })).review.explorer.model, "m2")
  }))

it.effect("the answerer has the reviewer's model and fewer turns, unless it has its own", () =>
  Effect.gen(function*() {
    const roles = ({ review: { answerer, reviewer } }: AppConfig["Service"]) => [reviewer, answerer]
    const env = { ...complete, OPENAI_API_KEY: "sk-openai" }
    const inherited = yield* configured({ env, yaml: "agent: { model: m1, effort: high, max_turns: 3 }" })
    const reviewer = { provider: "anthropic", model: "m1", effort: "high", maxTurns: 3 } as const
    assert.deepStrictEqual(roles(inherited), [reviewer, reviewer])
    const yaml = "agent: { model: m1, effort: high, reviewer: { effort: medium }, " +
      "answerer: { provider: openai, effort: low, max_turns: 9, system_prompt: Be brief. } }"
    const own = yield* configured({ env, yaml })
    assert.deepStrictEqual(roles(own), [
      { provider: "anthropic", model: "m1", effort: "medium", maxTurns: 8 },
      { provider: "openai", model: defaultModels.openai, effort: "low", maxTurns: 9, systemPrompt: "Be brief." }
    ])
    assert.deepStrictEqual(namesOf(own), ["anthropic", "openai"])
    assert.deepStrictEqual(yield* problems({ yaml }), [
      "OPENAI_API_KEY must be set: the provider \"openai\" needs its key"
    ])
    assert.strictEqual((yield* configured({})).review.answerer?.maxTurns, 6)
  }))

it.effect("the verifier has the reviewer's model and few turns, unless it has its own, and travels with a job", () =>
  Effect.gen(function*() {
    const env = { ...complete, OPENAI_API_KEY: "o" }
    const inherited = yield* configured({ yaml: "agent: { model: m1, reviewer: { system_prompt: Find. } }" })
    assert.deepStrictEqual(inherited.review.verifier, { provider: "anthropic", model: "m1", maxTurns: 4 })
    const { verifier, ...older } = inherited.review
    assert.deepStrictEqual(verifierOf(older), verifier)
    const yaml = "agent: { verifier: { provider: openai, effort: low, max_turns: 2, system_prompt: Doubt. } }"
    const own = yield* configured({ env, yaml })
    const settings = yield* Schema.decodeEffect(Schema.toCodecJson(ReviewSettings))(
      yield* Schema.encodeEffect(Schema.toCodecJson(ReviewSettings))(own.review)
    )
    assert.deepStrictEqual(settings.verifier, {
      provider: "openai",
      model: defaultModels.openai,
      effort: "low",
      maxTurns: 2,
      systemPrompt: "Doubt."
    })
    assert.deepStrictEqual(namesOf(own), ["anthropic", "openai"])
    assert.deepStrictEqual(yield* problems({ yaml }), [
      "OPENAI_API_KEY must be set: the provider \"openai\" needs its key"
    ])
  }))

it.effect("an address that no agent has a use for says so, and demands nothing", () =>
  Effect.gen(function*() {
    const { providers, warnings } = yield* configured({ yaml: "agent: { base_url: \"https://models.example/v1\" }" })
    assert.deepStrictEqual(warnings, [
      "agent.base_url (AGENT_BASE_URL): no effect: no agent has the provider openai-compatible"
    ])
    assert.deepStrictEqual(providers.map(({ name }) => name), ["anthropic"])
  }))

it.effect("explorers have the provider's small model, unless agent.model or the address says what is there", () =>
  Effect.gen(function*() {
    const explorer = (env: Record<string, string>) =>
      Effect.map(
        configured({ env: { ...complete, ...env } }),
        ({ review: { explorer } }) => `${explorer.provider}/${explorer.model} ${explorer.effort ?? "usual"}`
      )
    assert.strictEqual(yield* explorer({ AGENT_EFFORT: "high" }), "anthropic/claude-haiku-5-5 usual")
    assert.strictEqual(yield* explorer({ AGENT_EXPLORER_EFFORT: "low" }), "anthropic/claude-haiku-5-5 low")
    assert.strictEqual(yield* explorer({ AGENT_EFFORT: "high", AGENT_MODEL: "m" }), "anthropic/m high")
    assert.strictEqual(
      yield* explorer({ ANTHROPIC_BASE_URL: "https://gateway.example" }),
      `anthropic/${defaultModels.anthropic} usual`
    )
    const google = { GOOGLE_API_KEY: "g", AGENT_MODEL: "m", AGENT_EXPLORER_PROVIDER: "google" }
    assert.strictEqual(yield* explorer(google), "google/gemini-3.5-flash-lite usual")
    assert.strictEqual(
      yield* explorer({ ...google, AGENT_EXPLORER_PROVIDER: "groq", GROQ_API_KEY: "g" }),
      `groq/${defaultModels.groq} usual`
    )
  }))

it.effect("the models of agent.fallback are those of every role, with their keys and default models", () =>
  Effect.gen(function*() {
    const env = { ...complete, GOOGLE_API_KEY: "g", OPENAI_API_KEY: "o", OPENROUTER_API_KEY: "r" }
    const yaml = "agent: { model: m1, fallback: [google, openai/gpt-5, openrouter/moonshotai/kimi-k3, anthropic/m1] }"
    const { providers, review: { answerer, explorer, reviewer, verifier } } = yield* configured({ env, yaml })
    for (const role of [reviewer, answerer, verifier, explorer]) {
      assert.deepStrictEqual(role?.fallback, [
        { provider: "google", model: defaultModels.google },
        { provider: "openai", model: "gpt-5" },
        { provider: "openrouter", model: "moonshotai/kimi-k3" }
      ])
    }
    assert.deepStrictEqual(providers.map(({ name }) => name), ["anthropic", "google", "openai", "openrouter"])
    const variable = yield* configured({ env: { ...env, AGENT_FALLBACK: "google, openai/gpt-5" } })
    assert.deepStrictEqual(variable.review.reviewer.fallback?.map(({ model }) => model), [
      defaultModels.google,
      "gpt-5"
    ])
    assert.notProperty((yield* configured({})).review.reviewer, "fallback")
    assert.deepStrictEqual(yield* problems({ yaml: "agent: { fallback: [ollama, google] }" }), [
      "agent.fallback (AGENT_FALLBACK): name a model: ollama/…. The provider \"ollama\" has no default model",
      "GOOGLE_API_KEY must be set: the provider \"google\" needs its key"
    ])
  }))

it.effect("rates are those of a provider, in YAML or in JSON", () =>
  Effect.gen(function*() {
    const yaml =
      "agent: { rates: { anthropic: { concurrent: 4, tokens_per_minute: 1000 }, google: { concurrent: 1 } } }"
    const rates = { anthropic: { concurrent: 4, tokensPerMinute: 1_000 }, google: { concurrent: 1 } }
    const configuredRates = yield* configured({ yaml })
    assert.deepStrictEqual(configuredRates.rates, rates)
    assert.deepStrictEqual(configuredRates.warnings, [
      "agent.rates (AGENT_RATES): no effect for google: no agent has a model there"
    ])
    const env = { ...complete, AGENT_RATES: "{\"anthropic\":{\"tokens_per_minute\":5}}" }
    assert.deepStrictEqual((yield* configured({ env })).rates, { anthropic: { tokensPerMinute: 5 } })
    const [unknown = ""] = yield* problems({ yaml: "agent: { rates: { skynet: { concurrent: 1 } } }" })
    assert.match(unknown, /^agent\.rates \(AGENT_RATES\): Unknown AGENT_RATES: 'skynet'\. Available: anthropic, /)
    for (const wrong of ["{ anthropic: { concurrent: 0 } }", "{ anthropic: { rpm: 1 } }"]) {
      const [problem = ""] = yield* problems({ yaml: `agent: { rates: ${wrong} }` })
      assert.match(problem, /^agent\.rates \(AGENT_RATES\): a map in .* is not rates by provider: /)
    }
  }))

it.effect("explorers' provider needs a key, and without explorers their settings say that they have no effect", () =>
  Effect.gen(function*() {
    const env = { ...complete, AGENT_EXPLORER_PROVIDER: "google" }
    assert.deepStrictEqual(yield* problems({ env }), [
      "GOOGLE_API_KEY must be set: the provider \"google\" needs its key"
    ])
    for (
      const [without, why] of [
        [{ AGENT_EXPLORER_MAX_CONCURRENT: "0" }, "there are no explorers"],
        [{ AGENT_TOOLS: "off" }, "without tools there are no explorers"]
      ] as const
    ) {
      const { providers, review, warnings } = yield* configured({ env: { ...env, ...without } })
      assert.notProperty(review, "explorers")
      assert.deepStrictEqual(providers.map(({ name }) => name), ["anthropic"])
      assert.deepStrictEqual(warnings, [`agent.explorer.provider (AGENT_EXPLORER_PROVIDER): no effect: ${why}`])
    }
  }))

it.effect("a provider that does not exist is named with those that do", () =>
  Effect.gen(function*() {
    const available =
      "Available: anthropic, openai, google, bedrock, vertex, azure, openai-compatible, deepseek, groq, together, fireworks, openrouter, mistral, xai, ollama, vllm, lmstudio"
    const unknown = (env: Record<string, string>) => problems({ mode: "review", env: { ...complete, ...env } })
    assert.deepStrictEqual(yield* unknown({ AGENT_PROVIDER: "Anthropic" }), [
      `agent.reviewer.provider (AGENT_PROVIDER): Unknown AGENT_PROVIDER: 'Anthropic'. ${available}`
    ])
    assert.deepStrictEqual(yield* unknown({ AGENT_EXPLORER_PROVIDER: "hal" }), [
      `agent.explorer.provider (AGENT_EXPLORER_PROVIDER): Unknown AGENT_EXPLORER_PROVIDER: 'hal'. ${available}`
    ])
  }))

/** Names of the providers that have a key. */
const namesOf = ({ providers }: { readonly providers: ReadonlyArray<ProviderSettings> }) =>
  providers.filter(({ apiKey }) => Option.isSome(apiKey)).map(({ name }) => name)

const keysOf = ({ providers }: { readonly providers: ReadonlyArray<ProviderSettings> }) =>
  providers.map(({ apiKey, baseUrl, name }) => [
    name,
    Option.getOrNull(Option.map(apiKey, Redacted.value)),
    Option.getOrNull(baseUrl)
  ])

const keyed = providerNames.filter((name) => providers[name].needsKey)

it.effect.each(keyed)("%s has its default model, its key and its place", (provider) =>
  Effect.gen(function*() {
    const { apiKey, baseUrl } = providers[provider]
    const url = `https://gateway.example/${provider}`
    const config = yield* configured({
      env: { ...complete, AGENT_PROVIDER: provider, [apiKey.env[0]]: "a-key", [baseUrl.env[0]]: url }
    })
    assert.deepStrictEqual([config.review.reviewer.provider, config.review.reviewer.model], [
      provider,
      defaultModelOf(provider)
    ])
    assert.deepStrictEqual(keysOf(config), [[provider, "a-key", url]])
  }))

it.effect.each(keyed)(
  "the key of %s is its own: another company's is never sent there",
  (provider) =>
    Effect.gen(function*() {
      const others = Object.fromEntries(
        keyed.filter((name) => name !== provider).map((name) => [providers[name].apiKey.env[0], `key-of-${name}`])
      )
      const [own] = providers[provider].apiKey.env
      const env = { ...complete, ...others, [own]: "", AGENT_PROVIDER: provider }
      assert.deepStrictEqual(yield* problems({ env }), [
        `${own} must be set: the provider "${provider}" needs its key`
      ])
    })
)

it.effect.each(
  [
    ["ollama", "http://localhost:11434/v1"],
    ["vllm", "http://localhost:8000/v1"],
    ["lmstudio", "http://localhost:1234/v1"]
  ] as const
)("%s runs on this machine without a key, and its model is named", ([provider, url]) =>
  Effect.gen(function*() {
    const env = { ...complete, ANTHROPIC_API_KEY: "", AGENT_PROVIDER: provider }
    assert.deepStrictEqual(keysOf(yield* configured({ env: { ...env, AGENT_MODEL: "m" } })), [[provider, null, url]])
    assert.deepStrictEqual(yield* problems({ env }), [
      `agent.reviewer.model (AGENT_MODEL): must be set: the provider "${provider}" has no default model`
    ])
  }))

it.effect("a model that its service retires is a warning that names its successor", () =>
  Effect.gen(function*() {
    const env = { ...complete, AGENT_PROVIDER: "google", GOOGLE_API_KEY: "k" }
    const { warnings } = yield* configured({ env: { ...env, AGENT_MODEL: "gemini-2.5-flash" } })
    assert.deepStrictEqual(warnings, [
      "agent.reviewer.model (AGENT_MODEL): gemini-2.5-flash is retired on 2026-12-01: take gemini-3.5-flash-lite in its place"
    ])
    assert.deepStrictEqual((yield* configured({ env })).warnings, [])
  }))

it("no default model is one that its service retires, and neither is a successor", () => {
  const defaults = [...Object.values(defaultModels), ...Object.values(explorerModels)]
  assert.deepStrictEqual(defaults.filter((model) => retirementOf(model) !== undefined), [])
  const successors = [...retirements.values()].map(({ successor }) => successor)
  assert.isNotEmpty(successors)
  assert.deepStrictEqual(successors.filter((model) => retirementOf(model) !== undefined), [])
})

it("a snapshot is retired with its model, and a model whose name only begins like it is not", () => {
  assert.strictEqual(retirementOf("gpt-5-2025-08-07")?.successor, "gpt-6.2-sol")
  assert.strictEqual(retirementOf("claude-opus-4-1-20250805")?.on, "2026-08-05")
  assert.deepStrictEqual(["gpt-5.4", "claude-opus-4-8", "gpt-5-codex"].map(retirementOf), [
    undefined,
    undefined,
    undefined
  ])
})

it.effect("what the models cannot do holds for every role", () =>
  Effect.gen(function*() {
    const { review } = yield* configured({
      yaml: "agent: { model: m, tools: off, context_window: 32768, effort: low }"
    })
    for (const { contextWindow, effort, tools } of [...agentsOf(review), review.explorer]) {
      assert.deepStrictEqual([tools, contextWindow, effort], ["off", 32_768, "low"])
    }
    const usual = yield* configured({ yaml: "agent: { tools: auto }" })
    assert.doesNotHaveAnyKeys(usual.review.reviewer, ["tools", "contextWindow", "effort"])
  }))

it.effect("Ollama without a window is a warning, which says that it is asked, and where its length is set", () =>
  Effect.gen(function*() {
    const env = { ...complete, AGENT_PROVIDER: "ollama", AGENT_MODEL: "m" }
    assert.match(
      (yield* configured({ env })).warnings.join("\n"),
      /AGENT_CONTEXT_WINDOW\): not set, so Ollama is asked .* set OLLAMA_CONTEXT_LENGTH/
    )
    assert.deepStrictEqual((yield* configured({ env: { ...env, AGENT_CONTEXT_WINDOW: "65536" } })).warnings, [])
  }))

it.effect("an endpoint of one's own has its address in the file, and a key if it needs one", () =>
  Effect.gen(function*() {
    const yaml = "agent: { provider: openai-compatible, model: m, base_url: \"https://models.example/v1/\" }"
    const keyless = yield* configured({ yaml })
    assert.deepStrictEqual(keysOf(keyless), [["openai-compatible", null, "https://models.example/v1"]])
    const withKey = yield* configured({ yaml, env: { ...complete, AGENT_API_KEY: "k" } })
    assert.deepStrictEqual(keysOf(withKey), [["openai-compatible", "k", "https://models.example/v1"]])
    assert.deepStrictEqual(
      yield* problems({ env: { ...complete, AGENT_PROVIDER: "openai-compatible", AGENT_MODEL: "m" } }),
      ["agent.base_url (AGENT_BASE_URL): must be set: the provider \"openai-compatible\" has no usual address"]
    )
  }))

it.effect("a server misses the key of a provider that it uses, in one problem that names the variable", () =>
  Effect.gen(function*() {
    assert.deepStrictEqual(yield* problems({ env: { ...complete, ANTHROPIC_API_KEY: "" } }), [
      "ANTHROPIC_API_KEY must be set: the provider \"anthropic\" needs its key. " +
      "Or install Claude Code and log in (https://claude.com/claude-code)"
    ])
    assert.deepStrictEqual(yield* problems({ env: { ...complete, AGENT_PROVIDER: "openai" } }), [
      "OPENAI_API_KEY must be set: the provider \"openai\" needs its key"
    ])
    const two = { ANTHROPIC_API_KEY: "", OPENAI_API_KEY: "sk-openai", GOOGLE_API_KEY: "g" }
    assert.deepStrictEqual(yield* problems({ env: { ...complete, ...two } }), [
      "ANTHROPIC_API_KEY must be set: the provider \"anthropic\" needs its key. " +
      "OPENAI_API_KEY is set: AGENT_PROVIDER=openai uses it. GOOGLE_API_KEY is set: AGENT_PROVIDER=google uses it. " +
      "Or install Claude Code and log in (https://claude.com/claude-code)"
    ])
    assert.deepStrictEqual(yield* problems({ mode: "review", env: { ...complete, ANTHROPIC_API_KEY: "" } }), [])
  }))

it.effect("the only key there is chooses the provider, and a warning says so", () =>
  Effect.gen(function*() {
    for (const mode of ["serve", "run-job", "review"] as const) {
      const { review, warnings } = yield* configured({
        mode,
        env: { ...complete, ANTHROPIC_API_KEY: "", OPENAI_API_KEY: "sk-openai" }
      })
      assert.strictEqual(review.reviewer.provider, "openai")
      assert.deepStrictEqual(warnings, [
        "agent.reviewer.provider (AGENT_PROVIDER): not set: OPENAI_API_KEY is the only key, so openai reviews"
      ])
    }
    const chosen = yield* configured({ env: { ...complete, OPENAI_API_KEY: "o" } })
    assert.strictEqual(chosen.review.reviewer.provider, "anthropic")
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
    assert.deepStrictEqual(keysOf(local), [["anthropic", "sk-ant-key", "http://127.0.0.1:4010"]])
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
