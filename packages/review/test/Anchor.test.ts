import { assert, describe, it } from "@effect/vitest"
import { ChangedFile } from "@nominal-code/domain/diff/Patch"
import { Finding } from "@nominal-code/domain/review/Finding"
import { Discussion } from "@nominal-code/domain/review/Review"
import { WorkspaceError } from "@nominal-code/workspace/Workspace"
import { Effect } from "effect"
import { anchor, type AnchorContext } from "../src/judgement/Anchor.ts"
import { ledgerOf } from "../src/ledger/Ledger.ts"
import * as Scene from "./Scene.ts"

const twoHunks = `${Scene.patch}\n@@ -30,1 +31,2 @@\n+const tax = 0\n return tax`
const files = [
  Scene.file("src/cart.ts", twoHunks),
  new ChangedFile({ path: Scene.path("new.ts"), status: "added", patch: "@@ -0,0 +1,2 @@\n+a\n+b" }),
  new ChangedFile({
    path: Scene.path("to.ts"),
    previousPath: Scene.path("from.ts"),
    status: "renamed",
    patch: "@@ -1,1 +1,1 @@\n-a\n+b"
  })
]

const ground = (changes: Partial<AnchorContext> = {}): AnchorContext => ({
  files,
  checkout: Scene.checkoutOf(Scene.world(), Scene.headSha),
  raised: [],
  ...changes
})

const found = (changes: Partial<ConstructorParameters<typeof Finding>[0]> = {}) =>
  new Finding({
    path: Scene.path("src/cart.ts"),
    line: 11,
    side: "RIGHT",
    body: "The total starts at zero, which is wrong.",
    severity: "high",
    confidence: "high",
    category: "bug",
    ...changes
  })

const where = (changes: Partial<ConstructorParameters<typeof Finding>[0]>) =>
  Effect.map(
    anchor([found(changes)], ground()),
    ({ folded, inline, repeated }) =>
      inline.length === 1 ? "inline" : folded.length === 1 ? "folded" : repeated.length === 1 ? "repeated" : "lost"
  )

describe("where a finding lands", () => {
  const cases: ReadonlyArray<readonly [title: string, changes: Parameters<typeof where>[0], expected: string]> = [
    ["an added line", { line: 11 }, "inline"],
    ["an unchanged line of the diff", { line: 13 }, "inline"],
    ["a deleted line, on the left", { line: 11, side: "LEFT" }, "inline"],
    ["a range inside a hunk", { startLine: 10, line: 13 }, "inline"],
    ["a range that begins before its hunk", { startLine: 8, line: 12 }, "inline"],
    ["a range that crosses two hunks", { startLine: 13, line: 31 }, "inline"],
    ["a line between two hunks", { line: 20 }, "folded"],
    ["the left side of an added file", { path: Scene.path("new.ts"), line: 1, side: "LEFT" }, "folded"],
    ["a line that is on the other side only", { line: 13, side: "LEFT" }, "folded"],
    ["a file that is not in the diff", { path: Scene.path("other.ts") }, "folded"],
    ["a file by its path in the diff", { path: Scene.path("b/src/cart.ts") }, "inline"],
    ["a file by its path with a dot", { path: Scene.path("./src/cart.ts") }, "inline"],
    ["a renamed file by its path before", { path: Scene.path("from.ts"), line: 1, side: "LEFT" }, "inline"]
  ]
  for (const [title, changes, expected] of cases) {
    it.effect(`${title}: ${expected}`, () => Effect.map(where(changes), (place) => assert.strictEqual(place, expected)))
  }

  it.effect("is told under the path that the diff has", () =>
    Effect.gen(function*() {
      const { inline } = yield* anchor([found({ path: Scene.path("from.ts"), line: 1 })], ground())
      assert.strictEqual(inline[0]?.finding.path, "to.ts")
    }))

  it.effect("is the summary even for a place that cannot be read", () =>
    Effect.gen(function*() {
      const broken = Effect.fail(new WorkspaceError({ message: "not a file", reason: "other" }))
      const checkout = { ...ground().checkout, lines: () => broken }
      const { folded } = yield* anchor([found({ path: Scene.path("dir") })], ground({ checkout }))
      assert.strictEqual(folded.length, 1)
    }))
})

describe("a suggestion", () => {
  const suggestionOf = (changes: Parameters<typeof where>[0]) =>
    Effect.map(
      anchor([found(changes)], ground()),
      ({ folded, inline }) => [...inline, ...folded][0]?.finding.suggestion
    )

  it.effect("stays when it changes lines of the diff", () =>
    Effect.gen(function*() {
      assert.strictEqual(yield* suggestionOf({ suggestion: "let total = 2" }), "let total = 2")
    }))

  it.effect("goes when it is the code that is there already, or when its lines are not in the diff", () =>
    Effect.gen(function*() {
      assert.isUndefined(yield* suggestionOf({ suggestion: "let total = 0" }))
      assert.isUndefined(
        yield* suggestionOf({ startLine: 11, line: 12, suggestion: "let total = 0\r\nlet count = items.length\r\n" })
      )
      assert.isUndefined(yield* suggestionOf({ line: 20, suggestion: "x" }))
    }))
})

describe("a finding that was raised before", () => {
  const ours = (fingerprint: string, resolved: boolean) =>
    new Discussion({
      author: "nominal[bot]",
      body: `text\n<!-- nominal-code job=${"1".repeat(20)} sha=${Scene.headSha} -->\n` +
        `<!-- nominal-code job=${"1".repeat(20)} sha=${Scene.headSha} finding=${fingerprint} -->`,
      resolved,
      createdAt: "2026"
    })

  it.effect("is not raised again, open or resolved, on whatever line its code is by now", () =>
    Effect.gen(function*() {
      const first = yield* anchor([found()], ground())
      const fingerprint = first.inline[0]?.fingerprint ?? ""
      const moved = [Scene.file("src/cart.ts", twoHunks.replace("@@ -10,3 +10,4 @@", "@@ -10,3 +90,4 @@"))]
      for (const resolved of [true, false]) {
        const raised = ledgerOf([ours(fingerprint, resolved)], () => true)
        for (const [line, files] of [[11, ground().files], [91, moved]] as const) {
          const again = yield* anchor([found({ line })], ground({ files, raised }))
          assert.deepStrictEqual([again.inline.length, again.folded.length, again.repeated.length], [0, 0, 1])
        }
      }
    }))

  it.effect("twice in one review is raised once in one place", () =>
    Effect.gen(function*() {
      const { inline } = yield* anchor([found(), found(), found({ line: 12 })], ground())
      assert.deepStrictEqual(inline.map(({ finding }) => finding.line), [11, 12])
    }))

  it("is known from every marker at the end of a text, and from no broken one", () => {
    const [first, second] = ["0123456789abcdef", "fedcba9876543210"]
    const marker = (fingerprint: string) =>
      `<!-- nominal-code job=${"1".repeat(20)} sha=${Scene.headSha} finding=${fingerprint} -->`
    const one = ours(first, false)
    const both = new Discussion({ ...one, body: `${one.body}\n${marker(second)}` })
    const known = ledgerOf([both], () => true).map(({ fingerprint }) => String(fingerprint))
    assert.deepStrictEqual(known, [first, second])
    assert.deepStrictEqual(ledgerOf([ours("nothex", false)], () => true), [])
  })
})
