import { assert, it } from "@effect/vitest"
import { columns } from "../src/Columns.ts"

const rows = [
  ["NAME", "STATE", "REASON"],
  ["a", "waiting", "waits for anthropic"],
  ["bb", "done", ""]
]

it("a table has columns as wide as their widest cells, and no blanks at the end of a line", () => {
  assert.strictEqual(
    columns(rows),
    "NAME  STATE    REASON\na     waiting  waits for anthropic\nbb    done"
  )
  assert.strictEqual(columns(rows, 34), columns(rows))
})

it("a table that is wider than the terminal is a block for each row, without empty cells, in lines of its width", () => {
  assert.strictEqual(
    columns(rows, 20),
    "NAME    a\nSTATE   waiting\nREASON  waits for\n        anthropic\n\nNAME    bb\nSTATE   done"
  )
})

it("a table without rows is its head, or nothing where even that is too wide", () => {
  assert.strictEqual(columns([["NAME", "STATE"]]), "NAME  STATE")
  assert.strictEqual(columns([["NAME", "STATE"]], 5), "")
})
