import { assert, it } from "@effect/vitest"
import { Usage } from "@nominal-code/domain/Usage"

it("usage adds up by kind, and nothing is its zero", () => {
  const one = new Usage({ input: 1, output: 2, cacheRead: 3, cacheWrite: 4 })
  assert.deepStrictEqual(one.plus(one), new Usage({ input: 2, output: 4, cacheRead: 6, cacheWrite: 8 }))
  assert.deepStrictEqual(Usage.none.plus(one), one)
  assert.strictEqual(one.total, 10)
})
