import { assert, it } from "@effect/vitest"
import { parseGitDiff } from "@nominal-code/domain/diff/GitDiff"
import { annotate, lineEndChanges, parsePatch } from "@nominal-code/domain/diff/Hunk"
import { unescapePath } from "@nominal-code/domain/file/RepoPathSpelling"
import { callsOf } from "@nominal-code/testing/FunctionCalls"
import { Effect, Schema } from "effect"
import { type FileVersion, linesOf, Seed, steps } from "./GitHistory.ts"

/** The text alone: how it ends is shown only where that changes, which tests of their own try. */
const withoutCarriageReturns = (line: string) => line.replace(/\r+$/, "")
const textsOf = (version: FileVersion | undefined) => linesOf(version).map(withoutCarriageReturns)

/** Turns the old lines into the new ones by what the annotation says, checking each number and text on the way. */
const replay = (old: ReadonlyArray<string>, annotated: string): ReadonlyArray<string> => {
  const made: Array<string> = []
  let read = 0
  for (const line of annotated.split("\n").filter((line) => !/^@@|^\\/.test(line))) {
    const [, sign, number, shown = ""] = /^([-+ ])(\d+):(.*)$/s.exec(line) ?? assert.fail(`not annotated: ${line}`)
    const text = withoutCarriageReturns(unescapePath(shown))
    if (sign === "-") {
      while (read < Number(number) - 1) made.push(old[read++] ?? assert.fail(line))
      assert.strictEqual(old[read++], text)
    } else {
      while (made.length < Number(number) - 1) made.push(old[read++] ?? assert.fail(line))
      if (sign === " ") assert.strictEqual(old[read++], text)
      made.push(text)
    }
  }
  return [...made, ...old.slice(read)]
}

it.effect.prop(
  "an annotation has the real numbers and texts of both versions",
  [Seed],
  ([seed]) =>
    Effect.gen(function*() {
      for (const { after, before, diff } of yield* steps(seed)) {
        for (const { patch, path, previousPath = path } of parseGitDiff(diff())) {
          if (patch === undefined) continue
          assert.deepStrictEqual(
            replay(textsOf(before.get(previousPath)), annotate(patch)),
            textsOf(after.get(path)),
            path
          )
        }
      }
    }),
  { arbitrary: { runs: 6, maxShrinks: 0 } }
)

it("numbers deleted lines as at the base and all others as at the head", () => {
  assert.strictEqual(
    annotate("@@ -10,3 +20,4 @@ class A {\n same\n-old\n+new\n+newer\n last"),
    "@@ -10,3 +20,4 @@ class A {\n 20:same\n-11:old\n+21:new\n+22:newer\n 23:last"
  )
})

it("lets the missing newline at the end of a file shift nothing", () => {
  assert.strictEqual(
    annotate(
      "@@ -1,2 +1,3 @@\n same\n-old\n\\ No newline at end of file\n+old\n+new\n\\ No newline at end of file\n@@ -9 +10 @@\n-x\n+y"
    ),
    "@@ -1,2 +1,3 @@\n 1:same\n-2:old\n\\ No newline at end of file\n+2:old\n+3:new\n\\ No newline at end of file\n@@ -9 +10 @@\n-9:x\n+10:y"
  )
})

it("ends lines at a line feed only, and shows what else some reader takes for an end", () => {
  assert.strictEqual(
    annotate("@@ -1 +1,2 @@\r\n-a\fb\u2028c\u0085d\r\n+a\rb\r\n+\r"),
    "@@ -1 +1,2 @@\n-1:a[U+000C]b[U+2028]c[U+0085]d\n+1:a[U+000D]b\n+2:"
  )
})

const breaks = ["\r", "\u2028", "\u2029", "\u0085", "\f", "\v", "\0", "\u001e"]
const forged = Schema.Array(Schema.Literals([...breaks, "+7:forged()", "a", "-", "\r\r", "@@ -1 +1 @@", " "]))

it.prop("has exactly one line for each line of the patch, whatever is in it", [forged], ([parts]) => {
  const shown = annotate(`@@ -1,1 +1,2 @@\n-old\n+${parts.join("")}\n+next`)
  const lines = shown.split(/\r\n|[\n\r\v\f\0\u001c-\u001e\u0085\u2028\u2029]/)
  assert.strictEqual(lines.length, 4, shown)
  assert.isTrue(lines[2]?.startsWith("+1:"), shown)
}, { arbitrary: { runs: 300 } })

it("shows where lines with and without a carriage return meet, and says what became of them", () => {
  const patch = "@@ -1,2 +1,2 @@\n-a\r\n-b\n+a\n+b\n\\ No newline at end of file"
  assert.strictEqual(
    annotate(patch),
    "@@ -1,2 +1,2 @@\n-1:a[U+000D]\n-2:b\n+1:a\n+2:b\n\\ No newline at end of file"
  )
  assert.deepStrictEqual(lineEndChanges(patch), [
    "Line ends in this diff: CRLF and LF before, LF after.",
    "The newline at the end of the file is gone."
  ])
  assert.deepStrictEqual(lineEndChanges("@@ -1 +1 @@\n-a\n\\ No newline at end of file\n+a"), [
    "The newline at the end of the file is new."
  ])
  assert.deepStrictEqual(lineEndChanges("@@ -1 +1 @@\n-a\r\n+b\r"), [])
  assert.deepStrictEqual(lineEndChanges("@@ -0,0 +1 @@\n+a\n\\ No newline at end of file"), [])
})

it("drops what stands before the first hunk, and so a text without hunks", () => {
  assert.strictEqual(annotate("--- a/x\n+++ b/x\n@@ -1 +1 @@\n-a\n+b"), "@@ -1 +1 @@\n-1:a\n+1:b")
  for (const patch of ["", "\n", "  \n\n", "+a\n-b", "@@ nonsense @@\n+a"]) assert.strictEqual(annotate(patch), "")
})

it("reads an empty context line whose blank was stripped, but none after the last line", () => {
  assert.strictEqual(annotate("@@ -1,3 +1,3 @@\n a\n\n-b\n+c\n"), "@@ -1,3 +1,3 @@\n 1:a\n 2:\n-3:b\n+3:c")
})

it("takes headers for content where they have a sign before them", () => {
  assert.deepStrictEqual(parsePatch("@@ -1,2 +1,2 @@\n--- a/x\n-@@ -1 +1 @@\n+++ b/x\n+diff --git a/x b/x")[0]?.lines, [
    { kind: "deleted", oldLine: 1, text: "-- a/x" },
    { kind: "deleted", oldLine: 2, text: "@@ -1 +1 @@" },
    { kind: "added", newLine: 1, text: "++ b/x" },
    { kind: "added", newLine: 2, text: "diff --git a/x b/x" }
  ])
})

it("annotates 50,000 lines without growing the stack", () => {
  const count = 50_000
  const patch = `@@ -0,0 +1,${count} @@\n${Array.from({ length: count }, (_, line) => `+line ${line}`).join("\n")}`
  const annotated = annotate(patch).split("\n")
  assert.strictEqual(annotated.length, count + 1)
  assert.strictEqual(annotated.at(-1), `+${count}:line ${count - 1}`)
})

it.effect("looks for changed line ends without parsing a patch whose lines all end alike", () =>
  Effect.gen(function*() {
    const calls = (patch: string) => callsOf("parsePatch", Effect.sync(() => lineEndChanges(patch)))
    assert.strictEqual(yield* calls("@@ -1 +1 @@\n-a\n+b"), 0)
    assert.isAbove(yield* calls("@@ -1 +1 @@\n-a\n+b\r"), 0)
  }))
