import { assert, it } from "@effect/vitest"
import { columns, cut, pieces, printable, printableCode, widthOf } from "../src/review/TerminalText.ts"

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
