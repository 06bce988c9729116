import { assert, it } from "@effect/vitest"
import { amountOf, larger, smaller } from "@nominal-code/kubernetes/Quantity"

it.each([
  ["500m", 0.5],
  ["2", 2],
  ["1.5", 1.5],
  ["1k", 1000],
  ["1Ki", 1024],
  ["512Mi", 512 * 2 ** 20],
  ["1e3", 1000],
  ["", Number.NaN],
  ["1 Gi", Number.NaN],
  ["many", Number.NaN]
])("%s amounts to %s", (text, amount) => {
  assert.deepStrictEqual(amountOf(text), amount)
})

it("amounts in different units are compared, and keep their notation", () => {
  assert.strictEqual(larger("2Gi", "1024Mi"), "2Gi")
  assert.strictEqual(larger("1500m", "2"), "2")
  assert.strictEqual(smaller("2Gi", "2048Mi"), "2Gi")
  assert.strictEqual(smaller("2Gi", "1G"), "1G")
})
