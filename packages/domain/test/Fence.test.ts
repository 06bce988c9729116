import { assert, describe, it } from "@effect/vitest"
import {
  backticksFor,
  beforeBlock,
  certainFenceIn,
  closesFence,
  fenceIn,
  jsonBlocks,
  withoutPrefix
} from "@nominal-code/domain/text/Fence"

const opened = (line: string) => {
  const fence = fenceIn(line)
  assert.isDefined(fence, line)
  return fence
}

it("a fence is longer than each of hundreds of thousands of backticks in a text", () => {
  assert.strictEqual(backticksFor(`${"` ".repeat(300_000)}\`\`\``, 3), "````")
})

describe("a code block", () => {
  it("begins with three marks or more, after indentation, quotes and list items", () => {
    for (const prefix of ["", "  ", "> ", "- ", "1. ", "  > - ", "\t"]) {
      for (const marks of ["```", "````", "~~~"]) {
        assert.deepStrictEqual(fenceIn(`${prefix}${marks}js`), { prefix, marks, info: "js" })
      }
    }
    assert.deepStrictEqual(fenceIn("~~~a`b\r"), { prefix: "", marks: "~~~", info: "a`b\r" })
  })

  it("does not begin with a code span, with two marks, or within a line", () => {
    for (const line of ["```a```", "``", "~~", "a ```", "", "`~~"]) assert.isUndefined(fenceIn(line), line)
  })

  it("is certain for every reader behind quotes and one bullet, and not behind other signs", () => {
    for (const prefix of ["", "  ", "> ", "- ", "> * "]) {
      assert.deepStrictEqual(certainFenceIn(`${prefix}~~~js`), { prefix, marks: "~~~", info: "js" })
    }
    for (const line of ["2024 ```", "1. ```", "- - ```", "```a```"]) assert.isUndefined(certainFenceIn(line), line)
  })

  it("of a language at the margin ends the text before it, with all that follows", () => {
    assert.strictEqual(beforeBlock("a\n```js\nb\n```\n````suggestion\nc\n````\nd", "suggestion"), "a\n```js\nb\n```")
    assert.strictEqual(beforeBlock("a\n> ```suggestion\nb", "suggestion"), "a\n> ```suggestion\nb")
  })

  it("of JSON is read from a model's answer, behind words too", () => {
    assert.deepStrictEqual(jsonBlocks("So: ```json\n{}\n```\n```js\nx\n```\n ```\n[]\n ```"), ["{}", "[]"])
    assert.strictEqual(jsonBlocks("```\n{}\n```\n".repeat(2_000)).length, 1_000)
  })

  it("ends with as many of the same marks or more, and nothing else on their line", () => {
    for (const line of ["```", "`````", "   ```  ", "```\r"]) assert.isTrue(closesFence(line, opened("```js")), line)
    for (const line of ["``", "~~~", "``` js", "    ```", "a", ""]) {
      assert.isFalse(closesFence(line, opened("```js")), line)
    }
  })

  it("in a list or a quote ends below its own beginning", () => {
    assert.isTrue(closesFence("      ```", opened("    - ```")))
    assert.isTrue(closesFence("> ```", opened("> ```")))
    assert.isFalse(closesFence("> ```", opened("```")))
  })

  it("loses the prefix of its fence, and no more of its indentation", () => {
    assert.strictEqual(withoutPrefix("    a", opened("- ```")), "  a")
    assert.strictEqual(withoutPrefix("> > a", opened("> ```")), "> a")
    assert.strictEqual(withoutPrefix("> a", opened("- ```")), "> a")
  })
})

it("backticks around a text are more than it has in a row", () => {
  assert.strictEqual(backticksFor("a", 1), "`")
  assert.strictEqual(backticksFor("a", 3), "```")
  assert.strictEqual(backticksFor("a ``` b `", 1), "````")
})
