import { assert, it } from "@effect/vitest"
import { newPathOfHeader, unquotePath } from "@nominal-code/domain/file/GitPath"
import { Schema } from "effect"

/** As git quotes: every byte that is not plain ASCII in octal. */
const quote = (path: string) =>
  `"${
    Array.from(Buffer.from(path), (byte) =>
      byte >= 0x20 && byte < 0x7f && byte !== 0x22 && byte !== 0x5c
        ? String.fromCharCode(byte)
        : `\\${byte.toString(8).padStart(3, "0")}`).join("")
  }"`

const wellFormed = Schema.String.check(Schema.makeFilter((text: string) => text.isWellFormed()))

it.prop("unquoting undoes quoting", [wellFormed], ([path]) => {
  assert.strictEqual(unquotePath(quote(path)), path)
})

it("unquotes letters, octal bytes and raw characters, and leaves other paths alone", () => {
  assert.strictEqual(unquotePath(String.raw`"a/\303\251 é\t\n\"\\\a\b\v\f\r.txt"`), "a/é é\t\n\"\\\x07\b\v\f\r.txt")
  assert.strictEqual(unquotePath("a/é \"x\".txt"), "a/é \"x\".txt")
  assert.strictEqual(unquotePath("\""), "\"")
  assert.strictEqual(unquotePath("\"\\377\""), "\ufffd")
  const long = "a".repeat(200_000)
  assert.strictEqual(unquotePath(`"\\t${long}"`), `\t${long}`)
})

it("finds the new path of a header where it can be told", () => {
  assert.strictEqual(newPathOfHeader("a/x.ts b/x.ts"), "x.ts")
  assert.strictEqual(newPathOfHeader("a/x b/x b/x b/x"), "x b/x")
  assert.strictEqual(newPathOfHeader("\"a/\\303\\251\" \"b/\\303\\251\""), "é")
  assert.strictEqual(newPathOfHeader("a/x \"b/\\303\\251\""), "é")
  assert.isUndefined(newPathOfHeader("a/x b/y"))
  assert.isUndefined(newPathOfHeader(""))
})
