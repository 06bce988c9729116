import { assert, it } from "@effect/vitest"
import { RepoPath } from "@nominal-code/domain/PullRequest"
import { foldInto } from "../src/FoldedFindings.ts"
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
