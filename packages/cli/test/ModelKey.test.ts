import { assert, it } from "@effect/vitest"
import { providers } from "@nominal-code/config/settings/Providers"
import { claudeCode, ProviderName, type ReviewSettings } from "@nominal-code/domain/settings/ReviewSettings"
import { reviewSettings } from "@nominal-code/testing/TestConfig"
import { Effect, Option } from "effect"
import { checkKey } from "../src/review/ModelKey.ts"

const { explorers: _, ...withoutExplorers } = reviewSettings

/** Error of the command where the reviewer has this provider; undefined where it goes on. */
const refusal = (
  provider: string,
  configured: ReadonlyArray<ProviderName> = [],
  changes: Partial<ReviewSettings> = {}
) =>
  checkKey({
    review: {
      ...withoutExplorers,
      reviewer: { ...reviewSettings.reviewer, provider },
      verifier: { ...reviewSettings.reviewer, provider },
      explorer: { ...reviewSettings.explorer, provider },
      ...changes
    },
    providers: configured.map((name) => ({ name, apiKey: Option.none(), baseUrl: Option.none() }))
  }).pipe(Effect.match({ onFailure: ({ message }) => message, onSuccess: () => undefined }))

for (const provider of ProviderName.literals) {
  it.effect(`without a key for ${provider}, its variable is named, and two or three others that do`, () =>
    Effect.gen(function*() {
      const message = (yield* refusal(provider)) ?? ""
      const [variable] = providers[provider].apiKey.env
      assert.include(message, `there is no key for the model: set ${variable}, `)
      const others = [...message.matchAll(/--provider (\S+) with (\w+)/g)].map(([, name, key]) => [name, key])
      assert.deepStrictEqual(
        others,
        (["anthropic", "openai", "google"] as const).filter((name) => name !== provider)
          .map((name) => [name, providers[name].apiKey.env[0]])
      )
      assert.strictEqual(message.includes("install Claude Code"), provider === "anthropic")
      assert.isUndefined(yield* refusal(provider, [provider]))
    }))
}

it.effect("Claude Code has its own login, and a provider of one's own is asked for its key", () =>
  Effect.gen(function*() {
    assert.isUndefined(yield* refusal(claudeCode))
    assert.include((yield* refusal("mine")) ?? "", "there is no key for the model: set its key, or choose another")
  }))

it.effect("the key of every agent of a review is asked for at the start, and none of an agent that it does not have", () =>
  Effect.gen(function*() {
    const { reviewer } = reviewSettings
    const own = { ...reviewer, provider: "anthropic" }
    const other = { provider: "openai", model: "gpt-6.2-sol" }
    const explorers = { maxConcurrent: 1 }
    const changes: ReadonlyArray<readonly [boolean, Partial<ReviewSettings>]> = [
      [true, { verifier: { ...own, ...other } }],
      [false, { verifier: { ...own, ...other }, verify: false }],
      [true, { explorer: { ...own, ...other }, explorers }],
      [false, { explorer: { ...own, ...other } }],
      [true, { reviewer: { ...own, fallback: [other] } }],
      [false, { answerer: { ...own, ...other } }]
    ]
    for (const [isNeeded, change] of changes) {
      const message = yield* refusal("anthropic", ["anthropic"], change)
      if (isNeeded) assert.match(message ?? "", /no key for openai\/gpt-6\.2-sol, .*: set OPENAI_API_KEY, or leave/)
      else assert.isUndefined(message)
      assert.isUndefined(yield* refusal("anthropic", ["anthropic", "openai"], change))
    }
  }))
