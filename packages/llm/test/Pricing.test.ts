import { assert, it } from "@effect/vitest"
import { defaultModels } from "@nominal-code/config/DefaultModels"
import { builtProviders } from "@nominal-code/config/settings/Providers"
import { Usage } from "@nominal-code/domain/Usage"
import { costOf, priceOf } from "@nominal-code/llm/Pricing"
import { Effect, Option } from "effect"

const usage = (counts: Partial<Usage>) => new Usage({ input: 0, output: 0, cacheRead: 0, cacheWrite: 0, ...counts })

it("the default model of every provider that this build speaks has a price", () => {
  for (const provider of builtProviders) assert.isTrue(Option.isSome(priceOf(defaultModels[provider])), provider)
})

it("the four kinds of tokens have their own rates", () => {
  const million = 1_000_000
  const cost = (counts: Partial<Usage>) => Option.getOrThrow(costOf("claude-sonnet-4-20250514", usage(counts)))
  assert.closeTo(cost({ input: million }), 3, 1e-9)
  assert.closeTo(cost({ output: million }), 15, 1e-9)
  assert.closeTo(cost({ cacheWrite: million }), 3.75, 1e-9)
  assert.closeTo(cost({ cacheRead: million }), 0.3, 1e-9)
  assert.closeTo(cost({ input: 1_000, output: 5, cacheRead: 100, cacheWrite: 10 }), 0.0031425, 1e-9)
})

it("a dated snapshot costs what its model costs, and another model's name is no snapshot", () => {
  assert.deepStrictEqual(priceOf("claude-sonnet-4-5-20250929"), priceOf("claude-sonnet-4-5"))
  assert.deepStrictEqual(priceOf("claude-sonnet-4-5-2025-09-29"), priceOf("claude-sonnet-4-5"))
  assert.deepStrictEqual(priceOf("claude-sonnet-4-9"), Option.none())
  assert.deepStrictEqual(priceOf("claude-sonnet-4-5-lookalike"), Option.none())
  assert.deepStrictEqual(costOf("a-model-of-my-own", usage({ input: 1 })), Option.none())
})

it("a long prompt changes the rates of the whole call", () => {
  const short = Option.getOrThrow(costOf("claude-haiku-5-5", usage({ input: 100_000, output: 1_000 })))
  const long = Option.getOrThrow(costOf("claude-haiku-5-5", usage({ input: 100_001, output: 1_000 })))
  assert.closeTo(short, 0.0105, 1e-9)
  assert.closeTo(long, 0.0525005, 1e-9)
})

it.effect.prop(
  "a cost is never negative, and grows with every kind of token",
  [Usage],
  ([used]) =>
    Effect.sync(() => {
      const cost = Option.getOrThrow(costOf("claude-sonnet-5-5", used))
      const more = Option.getOrThrow(costOf("claude-sonnet-5-5", used.plus(usage({ output: 1_000_000 }))))
      assert.isAtLeast(cost, 0)
      assert.isAtLeast(more, cost)
    })
)
