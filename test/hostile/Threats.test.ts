import { assert, describe, it } from "@effect/vitest"
import { readFileSync } from "node:fs"

const root = new URL("../../", import.meta.url)
const read = (path: string): string => readFileSync(new URL(path, root), "utf8")

/** Rows of the page's tables, without their heads: the first cell, and the last one, which names the tests. */
const rows = [
  ...read("docs/threats.md").matchAll(/^\| (?!#|area|defence|---)(.+?) \| (?:.+ \| )?(`[^`]+`: \*.+) \|$/gm)
].map(
  ([, row = "", tests = ""]) => [row, tests] as const
)

/** Each test that a cell names: its file, and a part of its title. */
const testsIn = (cell: string): ReadonlyArray<readonly [file: string, title: string]> =>
  cell.split(/; (?=`)/).flatMap((one) => {
    const [, file = "", titles = ""] = /^`([^`]+)`: (.+)$/.exec(one) ?? assert.fail(`no test: ${one}`)
    return [...titles.matchAll(/(?:^|, )\*([^*]+)\*/g)].map(([, title = ""]) => [file, title] as const)
  })

describe("docs/threats.md", () => {
  it("has a row for each of the eighteen threats", () => {
    const threats = rows.flatMap(([row]) => /^T\d+$/.test(row) ? [row] : [])
    assert.deepStrictEqual(threats, Array.from({ length: 18 }, (_, at) => `T${at + 1}`))
    assert.isAbove(rows.length, threats.length)
  })

  it.each(rows)("names tests of %s that are there", (row, cell) => {
    const tests = testsIn(cell)
    assert.isNotEmpty(tests, row)
    for (const [file, title] of tests) {
      // A title stands alone in its line, in quotation marks.
      const found = read(file).split("\n").some((line) => /["`]/.test(line) && line.includes(title))
      assert.isTrue(found, `${row}: ${file} has no test ${title}`)
    }
  })
})
