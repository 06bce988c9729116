import { assert, it } from "@effect/vitest"
import { DiffIndex } from "@nominal-code/domain/diff/DiffIndex"
import { parseGitDiff } from "@nominal-code/domain/diff/GitDiff"
import { ChangedFile } from "@nominal-code/domain/diff/Patch"
import { RepoPath } from "@nominal-code/domain/event/PullRequest"
import { callsOf } from "@nominal-code/testing/FunctionCalls"
import { Effect, Option } from "effect"
import { linesOf, Seed, steps } from "./GitHistory.ts"

const contextLines = 3

/** The lines that a run of `count` changed lines at `start` shows, with its context, in a file of `length` lines. */
const shown = (start: number, count: number, length: number): ReadonlyArray<number> => {
  const first = count === 0 ? start + 1 : start
  const from = Math.max(1, first - contextLines)
  const to = Math.min(length, first + count - 1 + contextLines)
  return Array.from({ length: Math.max(0, to - from + 1) }, (_, index) => from + index)
}

/** Expected content of the index, from the bare runs of changed lines and the lengths of both versions. */
const expected = (patch: string, oldLength: number, newLength: number) => {
  const runs = [...patch.matchAll(/^@@ -(\d+)(?:,(\d+))? \+(\d+)(?:,(\d+))? @@/gm)].map(([, ...numbers]) =>
    numbers.map((number) => number === undefined ? 1 : Number(number))
  )
  const side = (at: number, length: number) =>
    new Set(runs.flatMap((run) => shown(run[at] ?? 0, run[at + 1] ?? 0, length)).sort((a, b) => a - b))
  return { LEFT: side(0, oldLength), RIGHT: side(2, newLength) }
}

it.effect.prop("holds what both versions of each file say, and their text", [Seed], ([seed]) =>
  Effect.gen(function*() {
    for (const { after, bareDiff, before, diff } of yield* steps(seed)) {
      const files = parseGitDiff(diff())
      const index = DiffIndex.make(files)
      const patches = new Map(parseGitDiff(bareDiff()).map(({ patch, path }) => [path, patch]))
      for (const { path, previousPath = path } of files) {
        const [old, now] = [linesOf(before.get(previousPath)), linesOf(after.get(path))]
        const sets = expected(patches.get(path) ?? "", old.length, now.length)
        const found = { LEFT: index.lines(path, "LEFT"), RIGHT: index.lines(path, "RIGHT") }
        assert.deepStrictEqual(found, sets, path)
        for (const line of found.LEFT) {
          assert.deepStrictEqual(index.code(path, "LEFT", line), Option.some(old.slice(line - 1, line)))
        }
        for (const line of found.RIGHT) {
          assert.deepStrictEqual(index.code(path, "RIGHT", line), Option.some(now.slice(line - 1, line)))
        }
      }
    }
  }), { arbitrary: { runs: 6, maxShrinks: 0 } })

const file = (path: string, patch?: string) =>
  new ChangedFile({ path: RepoPath.make(path), status: "modified", ...(patch === undefined ? {} : { patch }) })

/** Line 13 of both sides ends the first hunk; line 14 starts the second. */
const index = DiffIndex.make([
  file(
    "x.ts",
    "@@ -10,4 +10,4 @@\n ten\n-old eleven\n+new eleven\n twelve\n thirteen\n@@ -14,2 +14,3 @@\n fourteen\n+added\n sixteen"
  ),
  file("logo.png"),
  file("empty.ts", "")
])

it("has deleted lines on the left only, added ones on the right only, context on both", () => {
  assert.deepStrictEqual(
    (["LEFT", "RIGHT"] as const).map((side) => [11, 12, 15, 16].map((line) => index.has("x.ts", side, line))),
    [[true, true, true, false], [true, true, true, true]]
  )
  assert.deepStrictEqual(index.code("x.ts", "LEFT", 11), Option.some(["old eleven"]))
  assert.deepStrictEqual(index.code("x.ts", "RIGHT", 11), Option.some(["new eleven"]))
})

it("refuses a range that starts before its hunk, crosses a gap or runs backwards", () => {
  assert.isTrue(index.has("x.ts", "RIGHT", 13, 10))
  assert.isTrue(index.has("x.ts", "RIGHT", 16, 14))
  assert.isFalse(index.has("x.ts", "RIGHT", 12, 8))
  assert.isFalse(index.has("x.ts", "RIGHT", 14, 13))
  assert.isFalse(index.has("x.ts", "LEFT", 14, 13))
  assert.isFalse(index.has("x.ts", "RIGHT", 11, 12))
  assert.deepStrictEqual(index.code("x.ts", "RIGHT", 14, 13), Option.none())
})

it("gives the text of a range, and the numbers of a context line on both sides", () => {
  assert.deepStrictEqual(index.code("x.ts", "RIGHT", 12, 10), Option.some(["ten", "new eleven", "twelve"]))
  assert.deepStrictEqual(
    index.line("x.ts", "RIGHT", 16),
    Option.some({ kind: "context", oldLine: 15, newLine: 16, text: "sixteen" })
  )
})

it("leaves out files without hunks", () => {
  assert.deepStrictEqual(index.paths, ["x.ts"])
  assert.isFalse(index.has("logo.png", "RIGHT", 1))
  assert.isFalse(index.has("empty.ts", "RIGHT", 1))
  assert.strictEqual(index.lines("gone.ts", "LEFT").size, 0)
})

it("has nothing on the left of an added file", () => {
  const added = DiffIndex.make([file("new.ts", "@@ -0,0 +1,2 @@\n+a\n+b")])
  assert.isFalse(added.has("new.ts", "LEFT", 1))
  assert.isTrue(added.has("new.ts", "RIGHT", 2, 1))
})

it("is not confused by names of an object's own", () => {
  assert.isFalse(index.has("__proto__", "RIGHT", 1))
  assert.isFalse(index.has("constructor", "RIGHT", 1))
})

it("holds a patch of 50,000 lines and 3,000 files", () => {
  const lines = Array.from({ length: 50_000 }, (_, line) => `+${line}`).join("\n")
  const many = Array.from({ length: 3000 }, (_, number) => file(`f${number}`, "@@ -1 +1 @@\n-a\n+b"))
  const large = DiffIndex.make([file("large.ts", `@@ -0,0 +1,50000 @@\n${lines}`), ...many])
  assert.isTrue(large.has("large.ts", "RIGHT", 50_000, 1))
  assert.isTrue(large.has("f2999", "LEFT", 1))
})

it.effect("parses the patches of those files only whose lines are asked for, each once", () =>
  Effect.gen(function*() {
    const files = Array.from({ length: 3_000 }, (_, at) => file(`src/${at}.ts`, `@@ -1 +1 @@\n-old\n+new ${at}`))
    const calls = yield* callsOf(
      "parsePatch",
      Effect.sync(() => {
        const index = DiffIndex.make(files)
        assert.lengthOf(index.paths, 3_000)
        for (const path of ["src/7.ts", "src/2999.ts", "src/7.ts", "src/none.ts"]) {
          index.has(path, "RIGHT", 1)
          index.code(path, "RIGHT", 1)
        }
      })
    )
    assert.isAbove(calls, 0)
    assert.isAtMost(calls, 2 * 2)
  }))
