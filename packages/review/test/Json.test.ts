import { assert, describe, it } from "@effect/vitest"
import { Option } from "effect"
import { parseJson } from "../src/answer/Json.ts"
import { readText } from "../src/answer/OutputRepair.ts"

const mebibyte = 1 << 20

it("a text with a slip is repaired, and JSON of a mebibyte is read", () => {
  assert.deepStrictEqual(parseJson("{\"a\": \"b\",}"), Option.some({ a: "b" }))
  const long = "b".repeat(mebibyte)
  assert.deepStrictEqual(parseJson(JSON.stringify({ a: long })), Option.some({ a: long }))
})

describe("an answer of four mebibytes is read, or found to be none, in the time of a few passes", () => {
  it.each([
    ["beginnings of code", "```json\n".repeat(mebibyte / 2)],
    ["quotes", `{"summary":"${"\"x ".repeat(mebibyte)}`],
    ["quotes in code", `\`\`\`json\n{"summary":"${"\"x ".repeat(mebibyte)}\n\`\`\``],
    ["open brackets", `{"summary":"a","comments":${"[".repeat(4 * mebibyte)}`],
    ["brackets", `{"summary":"a","comments":${"[".repeat(2 * mebibyte)}${"]".repeat(2 * mebibyte)}}`]
  ])("%s", (_, text) => {
    assert.isTrue(Option.isNone(readText(text)))
  })
})
