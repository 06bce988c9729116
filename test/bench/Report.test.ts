import { assert, it } from "@effect/vitest"
import { count, ratio } from "./Figure.ts"
import { merged, replaced, section, table } from "./Report.ts"

const parts = [{
  title: "Start-up",
  figures: [
    ratio({ name: "serve", unit: "ms", against: "node -e 0" }, [400, 500, 450], [40, 40, 50]),
    count("open files", [1234])
  ]
}]

it("a ratio shows its median, its ends, and what was measured", () => {
  assert.deepInclude(parts[0]?.figures[0], { value: "10× (9–12.5)", here: "450 ms against 40 ms" })
})

it("a terminal's columns begin where their heads begin", () => {
  const lines = table(parts).split("\n")
  const column = lines[0]?.indexOf("divided by") ?? -1
  assert.strictEqual(lines.find((line) => line.includes("node -e 0"))?.indexOf("node -e 0"), column)
  assert.match(table(parts, new Map([["open files", "7"]])), /^ +open files +1,234 +7$/m)
})

it("a page keeps what stands around its figures", () => {
  const figures = parts.map((part) => section(part, "Monday.")).join("\n\n")
  const page = (figures: string) =>
    `# Before\n<!-- figures: written by \`make bench ARGS=--write\` -->${figures}<!-- end of figures -->\nAfter\n`
  const written = replaced(page("old"), figures) ?? ""
  assert.strictEqual(written, page(`\n\n${figures}\n\n`))
  assert.strictEqual(replaced(written, figures), written)
})

it("a subject that is measured again takes its own place, and the others keep their figures and their day", () => {
  const measured = (titles: ReadonlyArray<string>, day: string) =>
    titles.map((title) => section({ title, figures: [] }, day))
  const before = measured(["Memory", "Start-up"], "Monday.")
  const again = measured(["Memory", "Many jobs"], "Tuesday.")
  assert.strictEqual(merged(before.join("\n\n"), again), [again[0], before[1], again[1]].join("\n\n"))
})

it("a page without a place for figures is told apart", () => {
  assert.isUndefined(replaced("# Page\n", "figures"))
})
