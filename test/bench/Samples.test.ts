import { assert, it } from "@effect/vitest"
import { Schema } from "effect"
import { divide, median, percentile } from "./Samples.ts"

const NonEmpty = Schema.NonEmptyArray(Schema.Int)

it("the median is the one in the middle, or lies between the two there", () => {
  assert.strictEqual(median([9, 1, 5]), 5)
  assert.strictEqual(median([9, 1, 5, 6]), 5.5)
})

it("the 99th percentile of a thousand is the tenth from the top", () => {
  const samples = Array.from({ length: 1000 }, (_, index) => 1000 - index)
  assert.strictEqual(percentile(samples, 0.99), 990)
  assert.strictEqual(percentile(samples, 1), 1000)
})

it.prop("half of all samples are not above the median's percentile", [NonEmpty], ([samples]) => {
  const half = percentile(samples, 0.5)
  assert.isAtLeast(samples.filter((sample) => sample <= half).length * 2, samples.length)
})

it("a sample is divided by the one of its own run", () => {
  assert.deepStrictEqual(divide([10, 9], [5, 3]), [2, 3])
})
