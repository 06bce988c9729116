import { assert, it } from "@effect/vitest"
import { Usage } from "@nominal-code/domain/Usage"
import * as Budget from "@nominal-code/llm/Budget"
import { Option } from "effect"

const usage = (counts: Partial<Usage>) => new Usage({ input: 0, output: 0, cacheRead: 0, cacheWrite: 0, ...counts })
const model = "claude-sonnet-4"

const call = (changes: Partial<Budget.NextCall>): Budget.NextCall => ({
  model,
  maxCostUsd: 1,
  spent: Budget.nothing,
  previous: Usage.none,
  newCharacters: 3_000,
  maxOutputTokens: 16_384,
  ...changes
})

it("sums the tokens, calls and dollars of a task", () => {
  const once = Budget.plus(Budget.nothing, model, usage({ input: 1_000, output: 100 }))
  const twice = Budget.plus(once, model, usage({ cacheRead: 10_000, output: 100 }))
  const summary = Budget.summarize(twice, "anthropic", model)
  assert.strictEqual(summary.calls, 2)
  assert.deepStrictEqual({ ...summary.usage }, { input: 1_000, output: 200, cacheRead: 10_000, cacheWrite: 0 })
  assert.closeTo(summary.costUsd ?? -1, 0.003 + 0.0015 + 0.003 + 0.0015, 1e-9)
})

it("a call without a known price makes the sum unknown, not smaller", () => {
  const known = Budget.plus(Budget.nothing, model, usage({ input: 1_000 }))
  const summary = Budget.summarize(Budget.plus(known, "mine", usage({ input: 1 })), "p", model)
  assert.notProperty(summary, "costUsd")
})

it("without a cap, or without a price, everything may be written", () => {
  const all = { ordinary: 16_384, final: 16_384 }
  assert.deepStrictEqual(Budget.room(call({ maxCostUsd: undefined })), all)
  assert.deepStrictEqual(Budget.room(call({ model: "mine", maxCostUsd: 0.000001 })), all)
})

it("keeps enough for the call in which the answer is handed in", () => {
  const { final, ordinary } = Budget.room(call({ maxCostUsd: 0.1 }))
  // 1,000 tokens of prompt are $0.00375; what is left of 10 cents buys 6,416 tokens at $15 a million.
  assert.strictEqual(final, 6_416)
  assert.isBelow(ordinary, final - 2_000)
  assert.isAbove(ordinary, 0)
})

it("when only one more call is affordable, it is the final one", () => {
  const { final, ordinary } = Budget.room(call({ maxCostUsd: 0.03 }))
  assert.strictEqual(ordinary, 0)
  assert.isAtLeast(final, 1_000)
})

it("when none is affordable, there is room for none", () => {
  const spent: Budget.Spent = { usage: Usage.none, calls: 3, costUsd: Option.some(0.995) }
  assert.deepStrictEqual(Budget.room(call({ spent })), { ordinary: 0, final: 0 })
})

it("counts what the last call sent as cached only where a cache was seen", () => {
  const cached = Budget.room(call({ maxCostUsd: 0.2, previous: usage({ cacheRead: 50_000 }) }))
  const uncached = Budget.room(call({ maxCostUsd: 0.2, previous: usage({ input: 50_000 }) }))
  assert.isAbove(cached.final, uncached.final)
})
