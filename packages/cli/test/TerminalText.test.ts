import { assert, it } from "@effect/vitest"
import { columns, cut, pieces, printable, printableCode, widthOf, wrap } from "../src/review/TerminalText.ts"

it("prose keeps its lines, and nothing with which a terminal could be driven", () => {
  assert.strictEqual(printable("a\tb\nc"), "a  b\nc")
  assert.strictEqual(printable("\u001b]0;title\u0007\u202ered\u2028\r"), "]0;titlered")
  assert.strictEqual(printable("\ud800x"), "\ufffdx")
})

it("code shows what prose leaves out, but for a line's own ending", () => {
  assert.strictEqual(printableCode("\ta\u001b[2Jb\r"), "    a[U+001B][2Jb")
  assert.strictEqual(printableCode("\r\u200b\u{e0041}"), "[U+000D][U+200B][U+E0041]")
})

it("a width is that of what is seen: wide characters take two columns, and marks above others none", () => {
  assert.deepStrictEqual(["abc", "漢字", "e\u0301", "😀", ""].map(columns), [3, 4, 1, 2, 0])
})

it("a text is cut at its width, the last column of which says so", () => {
  assert.strictEqual(cut("abcdef", 6), "abcdef")
  assert.strictEqual(cut("abcdefg", 6), "abcde…")
  assert.strictEqual(cut("漢字漢字", 6), "漢字…")
  assert.strictEqual(cut("ab", 1), "a…", "one character is always left")
  assert.deepStrictEqual(pieces("abcde", 2), ["ab", "cd", "e"])
  assert.deepStrictEqual(pieces("漢", 1), ["漢"])
  assert.deepStrictEqual(pieces("", 2), [""])
})

it("a stream that does not know its width has 80 columns", () => {
  assert.deepStrictEqual([{}, { columns: 0 }, { columns: 1 }, { columns: 200 }].map(widthOf), [80, 80, 1, 200])
})

it.each<readonly [string, string, number, ReadonlyArray<string>]>([
  ["fits as it is", "one two", 7, ["one two"]],
  ["is broken between words", "one two", 6, ["one", "two"]],
  ["is empty", "", 6, [""]],
  ["has blanks at its end", "one   ", 6, ["one"]],
  ["has a longer word", "a abcdefgh", 4, ["a", "abcd", "efgh"]],
  ["goes on after the end of a longer word", "abcdef gh", 4, ["abcd", "ef", "gh"]],
  ["fills the line after a longer word", "abcde gh", 4, ["abcd", "e gh"]],
  ["has a code span that fits", "see `a b` now", 6, ["see", "`a b`", "now"]],
  ["has a code span that does not", "see `aaa bbb` now", 6, ["see", "`aaa", "bbb`", "now"]],
  ["is wide", "漢字 漢字", 5, ["漢字", "漢字"]],
  ["is wide, and fits", "漢字 漢字", 9, ["漢字 漢字"]],
  ["is an item", "- one two", 5, ["- one", "  two"]],
  ["is a nested item", "  * one two", 9, ["  * one", "    two"]],
  ["is a numbered item", "12. one two", 9, ["12. one", "    two"]],
  ["is a mark alone", "- ", 9, ["-"]],
  ["is a quotation", "> one two", 5, ["> one", "  two"]],
  ["is an item in a column that is too narrow for its mark", "- ab", 3, ["-", "ab"]],
  ["begins with a dash that is no mark", "-one two", 5, ["-one", "two"]]
])("a line that %s is wrapped so", (_, line, width, expected) => {
  assert.deepStrictEqual(wrap(line, width), expected)
})
