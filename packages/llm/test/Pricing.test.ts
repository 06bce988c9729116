import { assert, it } from "@effect/vitest"
import { Usage } from "@nominal-code/domain/model/Usage"
import { listedPrices, pricesWith, ratesFor } from "@nominal-code/llm/Pricing"
import { Effect, Option } from "effect"
import table from "../src/pricing.json" with { type: "json" }

const { costOf, priceOf } = listedPrices

const usage = (counts: Partial<Usage>) => new Usage({ input: 0, output: 0, cacheRead: 0, cacheWrite: 0, ...counts })

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
  assert.deepStrictEqual(priceOf("claude-haiku-4-5@20251001"), priceOf("claude-haiku-4-5"))
  assert.deepStrictEqual(priceOf("claude-sonnet-4-9"), Option.none())
  assert.deepStrictEqual(priceOf("claude-sonnet-4-5-lookalike"), Option.none())
  assert.deepStrictEqual(costOf("a-model-of-my-own", usage({ input: 1 })), Option.none())
})

it("a model in Bedrock costs what it costs at its maker, and a tenth more where it stays in a region", () => {
  const input = (model: string) => Option.getOrNull(costOf(model, usage({ input: 1_000_000 })))
  assert.strictEqual(input("global.anthropic.claude-sonnet-4-5-20250929-v1:0"), 3)
  assert.closeTo(input("eu.anthropic.claude-sonnet-4-5-20250929-v1:0") ?? 0, 3.3, 1e-9)
  assert.closeTo(input("anthropic.claude-opus-4-8") ?? 0, 5.5, 1e-9)
  const long = Option.getOrThrow(priceOf("us.anthropic.claude-haiku-5-5"))
  assert.closeTo(ratesFor(long, 200_000).input, 0.55, 1e-9)
  assert.strictEqual(input("meta.llama4-scout-17b-instruct-v1:0"), null)
  const own = pricesWith({ "eu.anthropic.claude-opus-4-8": { input: 1, output: 2 } })
  assert.deepStrictEqual(own.costOf("eu.anthropic.claude-opus-4-8", usage({ input: 1_000_000 })), Option.some(1))
})

it("a long prompt changes the rates of the whole call", () => {
  const short = Option.getOrThrow(costOf("claude-haiku-5-5", usage({ input: 100_000, output: 1_000 })))
  const long = Option.getOrThrow(costOf("claude-haiku-5-5", usage({ input: 100_001, output: 1_000 })))
  assert.closeTo(short, 0.0105, 1e-9)
  assert.closeTo(long, 0.0525005, 1e-9)
})

it("OpenAI's and Google's models have their own rates, and their long prompts too", () => {
  const cost = (model: string, counts: Partial<Usage>) => Option.getOrThrow(costOf(model, usage(counts)))
  assert.closeTo(cost("gpt-4.1-2025-04-14", { input: 1_000, output: 100, cacheRead: 10_000 }), 0.0078, 1e-9)
  assert.closeTo(cost("gpt-6.1-sol", { input: 272_000, output: 1_000 }), 0.554, 1e-9)
  assert.closeTo(cost("gpt-6.1-sol", { input: 272_001, output: 1_000 }), 1.103004, 1e-9)
  assert.closeTo(cost("gemini-2.5-flash", { input: 1_000, output: 100, cacheRead: 10_000 }), 0.00085, 1e-9)
  assert.closeTo(cost("gemini-2.5-pro", { input: 200_001, output: 1_000 }), 0.5150025, 1e-9)
  // This snapshot has a price of its own.
  assert.notDeepEqual(priceOf("gpt-4o-2024-05-13"), priceOf("gpt-4o-2024-08-06"))
})

it("a price of the configuration takes the place of the table's, and gives one to a model that has none", () => {
  const own = pricesWith({ "claude-sonnet-4": { input: 1, output: 2 }, mine: { input: 0, output: 0.5 } })
  assert.deepStrictEqual(
    own.costOf("claude-sonnet-4-20250514", usage({ input: 1_000_000, cacheRead: 1_000_000 })),
    Option.some(2)
  )
  assert.deepStrictEqual(own.costOf("mine", usage({ input: 1_000_000, output: 1_000_000 })), Option.some(0.5))
  assert.deepStrictEqual(own.priceOf("claude-opus-5"), priceOf("claude-opus-5"))
})

it("a long prompt is never cheaper than a short one", () => {
  for (const model of Object.keys(table)) {
    const price = Option.getOrThrow(priceOf(model))
    const long = ratesFor(price, 10_000_000)
    for (const kind of ["input", "output", "cacheRead", "cacheWrite"] as const) {
      assert.isAtLeast(long[kind] ?? Infinity, price[kind] ?? 0, `${model}: ${kind}`)
    }
  }
})

it.effect.prop(
  "a cost is never negative, and grows with every kind of token",
  [Usage],
  ([used]) =>
    Effect.sync(() => {
      for (const model of Object.keys(table)) {
        const cost = Option.getOrThrow(costOf(model, used))
        assert.isAtLeast(cost, 0)
        for (const kind of ["input", "output", "cacheRead", "cacheWrite"] as const) {
          const more = Option.getOrThrow(costOf(model, used.plus(usage({ [kind]: 1_000_000 }))))
          assert.isAbove(more, cost, `${model}: ${kind}`)
        }
      }
    })
)
