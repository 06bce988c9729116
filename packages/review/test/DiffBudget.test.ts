import { assert, it } from "@effect/vitest"
import { budgetBelow, fitDiffs, notShown, weigh } from "../src/DiffBudget.ts"
import * as Scene from "./Scene.ts"

const added = (count: number, text: string) =>
  [`@@ -0,0 +1,${count} @@`, ...Array.from({ length: count }, () => `+${text}`)].join("\n")

it("a text weighs what it costs a model, not how many characters it has", () => {
  assert.strictEqual(weigh("plain words"), 11)
  assert.strictEqual(weigh("旧文書"), 12)
  assert.strictEqual(weigh("итог"), 8)
  assert.strictEqual(weigh("🦊"), 4)
  assert.strictEqual(weigh("a".repeat(64)), 128)
})

it("diffs of dense text leave more of it out within the same budget", () => {
  const files = [
    Scene.file("plain.md", added(500, "words of it")),
    Scene.file("dense.md", added(500, "这是说明文字包含全部细节"))
  ]
  assert.deepStrictEqual(notShown(files, 20_000), ["dense.md"])
  const [plain, dense] = fitDiffs(files, 20_000)
  assert.strictEqual(plain?.leftOut, 0)
  assert.isBelow(weigh(dense?.text ?? ""), 20_000)
})

it("a smaller budget halves what is shown, until it is nothing", () => {
  const files = [Scene.file("a.ts", added(100, "const x = 1"))]
  const first = budgetBelow(files, 400_000)
  assert.isBelow(first, 1_000)
  assert.isAtMost(budgetBelow(files, first), first / 2)
})
