import { assert, it } from "@effect/vitest"
import { oneLine } from "@nominal-code/domain/text/OneLine"

it("a text is put into one line, with one blank for each run of white space", () => {
  assert.strictEqual(oneLine(" a\r\n\tb\u2028 c \n"), "a b c")
})

it("a line that is too long is cut, and never within a character", () => {
  assert.strictEqual(oneLine("abcdef", 4), "abcd")
  assert.strictEqual(oneLine("abc😀", 4), "abc")
})
