import { assert, it } from "@effect/vitest"
import { Usage } from "@nominal-code/domain/model/Usage"
import { estimate, type NextCall, tokensFor } from "@nominal-code/llm/CallEstimate"
import { listedPrices } from "@nominal-code/llm/Pricing"
import { Duration, Option } from "effect"

const usage = (counts: Partial<Usage>) => new Usage({ input: 0, output: 0, cacheRead: 0, cacheWrite: 0, ...counts })
const price = Option.getOrThrow(listedPrices.priceOf("claude-sonnet-4"))

const estimated = (changes: Partial<NextCall> = {}) =>
  estimate(price, { previous: Usage.none, newBytes: 3_000, maxOutputTokens: 16_384, ...changes })

it("a new prompt is estimated at three characters a token, written to the cache", () => {
  // 1,000 tokens of prompt are $0.00375, and a token of output is $0.000015.
  const { outputToken, prompt } = estimated()
  assert.deepStrictEqual([prompt, outputToken], [3_750_000, 15_000])
})

it("an amount pays for the prompt first, and then for output, up to the most that a call may write", () => {
  assert.strictEqual(tokensFor(estimated(), 100_000_000), 6_416)
  assert.strictEqual(tokensFor(estimated(), 10_000_000_000), 16_384)
})

it("the call after it has the prompt again and an answer to write", () => {
  const { closing, leastOutput, outputToken, prompt } = estimated()
  assert.strictEqual(closing, prompt * 1.25 + 2 * leastOutput * outputToken)
})

it("counts what the last call sent as cached only where a cache was seen", () => {
  const cached = estimated({ previous: usage({ cacheRead: 50_000 }) })
  const uncached = estimated({ previous: usage({ input: 50_000 }) })
  assert.isBelow(cached.prompt, uncached.prompt)
})

it("after a pause that the cache may not outlast, the whole prompt is written to it again", () => {
  const after = (minutes: number) =>
    estimated({ previous: usage({ cacheRead: 50_000 }), newBytes: 0, pause: Duration.minutes(minutes) }).prompt
  assert.deepStrictEqual([after(0), after(2), after(3)], [15_000_000, 15_000_000, 187_500_000])
})

it("a model that costs nothing may write as much as any", () => {
  const free = estimate({ input: 0, output: 0 }, { previous: Usage.none, newBytes: 3, maxOutputTokens: 500 })
  assert.deepStrictEqual([free.prompt, free.closing, tokensFor(free, 0)], [0, 0, 500])
})
