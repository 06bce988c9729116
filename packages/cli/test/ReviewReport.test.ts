import { assert, describe, it } from "@effect/vitest"
import { codeAround, placeOf, printableJson, suggestedChange } from "../src/review/ReviewReport.ts"
import { finding } from "./Reported.ts"

const lines = ["one", "two", "three", "four", "five", "six", "seven"]

const at = (line: number, startLine?: number) => {
  const { startLine: _start, ...rest } = finding()
  return { ...rest, line, ...(startLine === undefined ? {} : { startLine }) }
}

describe("the place of a finding", () => {
  it.each([
    [7, undefined, "7"],
    [7, 7, "7"],
    [7, 5, "5-7"]
  ])("that ends on line %s and begins on %s is %s", (line, startLine, place) => {
    assert.strictEqual(placeOf(at(line, startLine)), place)
  })
})

describe("the code around a finding", () => {
  /** Numbers of the lines that are shown, with a star at those of the finding. */
  const shown = (line: number, startLine?: number) =>
    codeAround(at(line, startLine), lines).map(({ meant, number, text }) => `${number}${meant ? "*" : ""} ${text}`)

  it.each<readonly [string, number, number | undefined, ReadonlyArray<string>]>([
    ["two lines on either side", 4, undefined, ["2 two", "3 three", "4* four", "5 five", "6 six"]],
    ["each of its lines", 5, 3, ["1 one", "2 two", "3* three", "4* four", "5* five", "6 six", "7 seven"]],
    ["none before the file's first", 1, undefined, ["1* one", "2 two", "3 three"]],
    ["one before the second", 2, undefined, ["1 one", "2* two", "3 three", "4 four"]],
    ["none after the file's last", 7, undefined, ["5 five", "6 six", "7* seven"]],
    ["what is left of a file that has become shorter", 9, undefined, ["7 seven"]],
    ["nothing of a file without the line", 20, undefined, []]
  ])("has %s", (_, line, startLine, expected) => {
    assert.deepStrictEqual(shown(line, startLine), expected)
  })
})

describe("a suggestion as a diff", () => {
  const change = (startLine: number, line: number, suggestion: string) =>
    suggestedChange({ ...at(line, startLine), suggestion }, lines).map(({ sign, text }) => sign + text)

  it.each<readonly [string, number, number, string, ReadonlyArray<string>]>([
    ["replaces a line", 2, 2, "zwei", ["-two", "+zwei"]],
    ["removes its lines where it is empty", 2, 3, "", ["-two", "-three"]],
    ["keeps a line that it has, too", 2, 3, "two\ndrei", [" two", "-three", "+drei"]],
    ["adds before a line that stays", 2, 2, "zwei\ntwo", ["+zwei", " two"]],
    ["adds after a line that stays", 2, 2, "two\nzwei", [" two", "+zwei"]],
    ["changes nothing where it is what is there", 2, 3, "two\nthree", [" two", " three"]],
    ["has no line of its own for the last line end", 2, 2, "zwei\n", ["-two", "+zwei"]],
    ["has an empty line where it writes one", 2, 2, "zwei\n\n", ["-two", "+zwei", "+"]],
    ["shows lines that change places once each", 2, 3, "three\ntwo", ["+three", " two", "-three"]],
    ["adds to a file that has become shorter", 9, 9, "neun", ["+neun"]]
  ])("%s", (_, startLine, line, suggestion, expected) => {
    assert.deepStrictEqual(change(startLine, line, suggestion), expected)
  })
})

it("JSON has its own lines, and no character of a text that a terminal or a reader would act on", () => {
  const text = "a\u001b[31m\u007f\u202e\u2028\u{e0041}\n\tz"
  const written = printableJson({ text })
  assert.strictEqual(
    written,
    "{\n  \"text\": \"a\\u001b[31m\\u007f\\u202e\\u2028\\udb40\\udc41\\n\\tz\"\n}"
  )
  assert.deepStrictEqual(JSON.parse(written), { text })
})
