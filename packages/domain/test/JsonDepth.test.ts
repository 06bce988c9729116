import { assert, it } from "@effect/vitest"
import { isTextTooDeep, isTooDeep } from "@nominal-code/domain/text/JsonDepth"

const nested = (depth: number): string => `${"[{\"a\":".repeat(depth / 2)}1${"}]".repeat(depth / 2)}`

it("a value of a hundred levels is read, and none of more", () => {
  for (const [depth, expected] of [[0, false], [2, false], [100, false], [102, true], [10_000, true]] as const) {
    assert.strictEqual(isTextTooDeep(nested(depth)), expected, `${depth}`)
    assert.strictEqual(isTooDeep(JSON.parse(nested(depth))), expected, `${depth}`)
  }
})

it("brackets in a string, and lists beside each other, are no levels", () => {
  const text = JSON.stringify({
    a: "[".repeat(1_000),
    "{\"{": ["\\\"[[", ...Array.from({ length: 1_000 }, () => [{}])]
  })
  assert.isFalse(isTextTooDeep(text))
  assert.isFalse(isTooDeep(JSON.parse(text)))
})

it("a text that is no JSON is looked at all the same", () => {
  assert.isTrue(isTextTooDeep("[".repeat(1 << 22)))
  assert.isFalse(isTextTooDeep(`"${"[".repeat(1_000)}`.slice(0, 50)))
  assert.isFalse(isTextTooDeep("\"".repeat(1 << 22)))
  assert.isFalse(isTextTooDeep(`"${"\\".repeat(1 << 22)}`))
  assert.isFalse(isTextTooDeep(`"${"\\\"".repeat(1 << 21)}`))
})
