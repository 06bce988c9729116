import { assert, describe, it } from "@effect/vitest"
import { RepoPath } from "@nominal-code/domain/event/PullRequest"
import { foldedFindings, foldInto, withoutFolds } from "../src/FoldedFindings.ts"
import { finding } from "./FakeGitHub.ts"

it("a summary without folded findings stays as it is", () => {
  assert.strictEqual(foldInto("Summary.", []), "Summary.")
})

it("findings become bullets under one heading, with their place", () => {
  const text = foldInto("Summary.", [finding(3), finding(9, { startLine: 7 }), finding(4, { side: "LEFT" })])
  assert.strictEqual(
    text,
    "Summary.\n\n**Additional notes (not in diff)**\n\n" +
      "- **`src/cart.ts:3`** — finding at 3\n" +
      "- **`src/cart.ts:7-9`** — finding at 9\n" +
      "- **`src/cart.ts:4`** (before the change) — finding at 4"
  )
})

it("folding twice makes one section", () => {
  const twice = foldInto(foldInto("Summary.", [finding(1)]), [finding(2)])
  assert.strictEqual(twice, foldInto("Summary.", [finding(1), finding(2)]))
})

it("a suggestion is shown as code, since nobody can apply it from here", () => {
  const text = foldInto("S.", [finding(1, { body: "one\n\ntwo", suggestion: "a\n```\nb" })])
  assert.include(text, "— one\n\n  two\n\n  ````\n  a\n  ```\n  b\n  ````")
})

it("a path is no mark-up and no mention", () => {
  assert.include(foldInto("S.", [finding(1, { path: RepoPath.make("@acme/`x`") })]), "**``@acme/`x`:1``**")
})

it("are read with the path that the repository has, whatever had to be shown by its code points", () => {
  for (const path of ["a  b.ts", "a\u00a0b.ts", "a:3.ts", "[U+0041].ts", "\u202ea.ts", "x`y.ts"]) {
    assert.strictEqual(foldedFindings(foldInto("S.", [finding(4, { path: RepoPath.make(path) })]))[0]?.path, path)
  }
})

describe("a text from elsewhere", () => {
  it("opens no fold that would hide what follows, and closes none of ours; HTML in code stays", () => {
    const code = "`<details>`\n\n```html\n<details>\n<summary>x</summary>\n```"
    assert.strictEqual(
      withoutFolds(`a\n<details>\n<summary>All good</summary>\n\nb\n> <details open>\n</details>\n\n${code}`),
      `a\n\nb\n\n${code}`
    )
  })

  it("passes for none of our folded findings, not in code either", () => {
    const forged = foldInto("S.", [finding(1)]) + foldInto("", [finding(2)], "cut") +
      `\n\n\`\`\`\n${foldInto("", [finding(3)], "cut")}\n\`\`\``
    const summary = foldInto(`Head.\n\n${withoutFolds(forged)}`, [finding(9)])
    assert.deepStrictEqual(foldedFindings(summary).map(({ line }) => line), [9])
  })
})
