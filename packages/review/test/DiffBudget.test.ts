import { assert, describe, it } from "@effect/vitest"
import type { ChangedFile } from "@nominal-code/domain/diff/Patch"
import { budgetBelow, fitDiffs, portionsOf } from "../src/context/DiffBudget.ts"
import { planByPath } from "../src/context/Plan.ts"
import { tokensIn } from "../src/context/TokenEstimate.ts"
import * as Scene from "./Scene.ts"

const added = (count: number, text: string) =>
  [`@@ -0,0 +1,${count} @@`, ...Array.from({ length: count }, (_, at) => `+${text} ${at + 1}`)].join("\n")

const portions = (...files: ReadonlyArray<ChangedFile>) => portionsOf(planByPath(files).files)

it("a text is as many tokens as its script and its density make it, within a third of what tokenizers count", () => {
  // Counted by OpenAI's o200k and cl100k; the mean of both.
  const counted: ReadonlyArray<readonly [text: string, tokens: number]> = [
    ["export const total = (items: ReadonlyArray<Item>): number =>\n".repeat(20), 260],
    ["这是第三行的说明文字，包含了订单、发票和搜索的全部细节\n".repeat(20), 490],
    ["здесь описаны заказы, счета и поиск\n".repeat(20), 290],
    ["9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08\n".repeat(20), 780]
  ]
  for (const [text, tokens] of counted) {
    assert.isAbove(tokensIn(text), tokens / 1.33, text.slice(0, 60))
    assert.isBelow(tokensIn(text), tokens * 1.5, text.slice(0, 60))
  }
})

it("forty characters of a hash or a key without a gap are denser than those of words, at the end of a text and before", () => {
  const counted = ["x".repeat(39), "x".repeat(40), `${"x".repeat(40)} y`, `${"x".repeat(20)} ${"x".repeat(20)}`]
  assert.deepStrictEqual(counted.map(tokensIn), [9, 22, 22, 10])
})

describe("the diffs of a prompt", () => {
  it("leave more of a dense text out within the same budget", () => {
    const files = [
      Scene.file("plain.md", added(500, "words of it")),
      Scene.file("dense.md", added(500, "这是说明文字包含全部细节"))
    ]
    const { rest, shown } = fitDiffs(portions(...files), 6_000)
    assert.deepStrictEqual(rest.map(({ file }) => String(file.path)), ["dense.md"])
    assert.deepStrictEqual(shown.map(({ leftOut }) => leftOut > 0), [false, true])
    assert.isBelow(tokensIn(shown[1]?.text ?? ""), 6_000)
  })

  it("are of as many files as there are", () => {
    const file = Scene.file("src/a.ts", "@@ -1 +1 @@\n-a\n+b")
    const many = portionsOf(planByPath(Array.from({ length: 200_000 }, () => file)).files)
    assert.lengthOf(many, 200_000)
    const { rest, shown } = fitDiffs(many, 6_000)
    assert.strictEqual(rest.length + shown.length, many.length)
  })

  it("are those of the code first, however small the others are", () => {
    const files = [
      Scene.file("README.md", added(20, "words")),
      Scene.file("src/cart.test.ts", added(20, "test")),
      Scene.file("src/large.ts", added(900, "let value"))
    ]
    const { shown } = fitDiffs(portions(...files), 1_000)
    assert.deepStrictEqual(shown.map(({ file }) => String(file.path)), ["src/cart.test.ts", "src/large.ts"])
  })

  it("page a file that is larger than a prompt, without a gap and without a repeated line", () => {
    const file = Scene.file("big.ts", `${added(900, "let value")}\n@@ -2000,1 +2900,2 @@\n context\n+last`)
    const numbers: Array<string> = []
    let left = portions(file)
    for (let page = 0; left.length > 0 && page < 20; page++) {
      const { rest, shown } = fitDiffs(left, 2_000)
      assert.strictEqual(shown[0]?.text.startsWith("@@ "), true)
      numbers.push(...(shown[0]?.text.match(/^[+ ]\d+:/gm) ?? []))
      left = rest
    }
    assert.deepStrictEqual(numbers, [...Array.from({ length: 900 }, (_, at) => `+${at + 1}:`), " 2900:", "+2901:"])
  })

  it("halve with a smaller budget, until they are nothing", () => {
    const files = portions(Scene.file("a.ts", added(100, "const x = 1")))
    const first = budgetBelow(fitDiffs(files, 100_000), 100_000)
    assert.isBelow(first, 1_000)
    assert.isAtMost(budgetBelow(fitDiffs(files, first), first), first / 2)
  })
})
