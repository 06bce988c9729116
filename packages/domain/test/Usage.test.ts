import { assert, it } from "@effect/vitest"
import { Usage, UsageSummary } from "@nominal-code/domain/model/Usage"

it("usage adds up by kind, and nothing is its zero", () => {
  const one = new Usage({ input: 1, output: 2, cacheRead: 3, cacheWrite: 4 })
  assert.deepStrictEqual(one.plus(one), new Usage({ input: 2, output: 4, cacheRead: 6, cacheWrite: 8 }))
  assert.deepStrictEqual(Usage.none.plus(one), one)
  assert.strictEqual(one.total, 10)
})

it("the sum of two agents has a cost where both have one, and an agent that made no call needs none", () => {
  const one = new Usage({ input: 1, output: 2, cacheRead: 3, cacheWrite: 4 })
  const of = (calls: number, costUsd?: number, waitedMillis?: number) =>
    new UsageSummary({
      provider: "anthropic",
      model: "m",
      usage: one,
      calls,
      ...(costUsd === undefined ? {} : { costUsd }),
      ...(waitedMillis === undefined ? {} : { waitedMillis })
    })
  const sum = of(1, 0.25, 100).plus(of(2, 0.5, 50))
  assert.deepStrictEqual([sum.calls, sum.costUsd, sum.waitedMillis, sum.usage.input], [3, 0.75, 150, 2])
  assert.isUndefined(of(1, 0.25).plus(of(1)).costUsd)
  assert.isUndefined(of(1).plus(of(1, 0.25)).costUsd)
  assert.strictEqual(of(1, 0.25).plus(of(0)).costUsd, 0.25)
  assert.notProperty(of(1).plus(of(1)), "waitedMillis")
})
