import { DateTime, Effect, FileSystem } from "effect"
import { availableParallelism, cpus, loadavg } from "node:os"
import { arch, platform, version } from "node:process"
import { fileURLToPath } from "node:url"
import { type Figure, NotMeasured, shown } from "./Figure.ts"

/** The figures of one subject. */
export interface Part {
  readonly title: string
  readonly figures: ReadonlyArray<Figure>
}

const columns = ["figure", "value", "divided by", "this machine"] as const

const cells = ({ against, here, name, value }: Figure) => [name, value, against, here] as const

const padded = (rows: ReadonlyArray<ReadonlyArray<string>>): ReadonlyArray<string> => {
  const widths = (rows[0] ?? []).map((_, column) => Math.max(...rows.map((row) => row[column]?.length ?? 0)))
  return rows.map((row) => row.map((cell, column) => cell.padEnd(widths[column] ?? 0)).join("  ").trimEnd())
}

/** The values of a page's figures, by their names. */
const valuesIn = (page: string): ReadonlyMap<string, string> =>
  new Map(
    Array.from(page.matchAll(/^\| ([^|]+) \| ([^|]+) \| [^|]*\| [^|]*\|$/gm), ([, name = "", value = ""]) =>
      [name.trim(), value.trim()] as const)
  )

/** The table of a terminal, with the values of the page beside each figure. */
export const table = (parts: ReadonlyArray<Part>, kept: ReadonlyMap<string, string> = new Map()): string => {
  const rows = parts.flatMap(({ figures, title }) => [
    ["", "", "", "", ""],
    [title, "", "", "", ""],
    ...figures.map((figure) => indented(figure, kept.get(figure.name) ?? ""))
  ])
  const [name, value, ...others] = columns
  return padded([[name, value, "until now", ...others], ...rows]).join("\n")
}

const indented = (figure: Figure, before: string): ReadonlyArray<string> => {
  const [name, value, ...others] = cells(figure)
  return [`  ${name}`, value, before, ...others]
}

const row = (texts: ReadonlyArray<string>) => `| ${texts.join(" | ")} |`

/** The section of a page for one subject: where and when it was measured, and its figures. */
export const section = ({ figures, title }: Part, about: string): string =>
  [`### ${title}`, "", about, "", row(columns), "|---|---|---|---|", ...figures.map((figure) => row(cells(figure)))]
    .join("\n")

const titleOf = (section: string): string => section.slice(0, section.indexOf("\n"))

/** These sections in place of those of the same titles, where those stand; what is new comes last. */
export const merged = (text: string, sections: ReadonlyArray<string>): string => {
  const known = text.split(/^(?=### )/m).map((one) => one.trim()).filter((one) => one !== "")
  return [...new Map([...known, ...sections].map((one) => [titleOf(one), one])).values()].join("\n\n")
}

/** Note on a machine that is busy with other things; empty where it is not. */
const disturbance = (): string => {
  const [load = 0] = loadavg()
  return load < availableParallelism() / 2
    ? ""
    : `. The machine was busy before (load ${shown(load)}): take the figures with care`
}

/** Place and time of the run, which the ratios should not depend on. */
export const circumstances = Effect.map(DateTime.now, (now) => {
  const day = DateTime.formatIso(now).slice(0, 10)
  const processor = cpus()[0]?.model.trim() ?? "unknown"
  return `${day}, Node ${version}, ${platform} ${arch}, ${availableParallelism()} × ${processor}${disturbance()}.`
})

const ownMarks = {
  begin: "<!-- figures: written by `make bench ARGS=--write` -->",
  end: "<!-- end of figures -->"
}

/** A page with something else between its marks. */
const rewritten = (
  page: string,
  change: (between: string) => string,
  { begin, end } = ownMarks
): string | undefined => {
  const from = page.indexOf(begin)
  const to = page.indexOf(end)
  if (from < 0 || to < from) return undefined
  return `${page.slice(0, from)}${begin}\n\n${change(page.slice(from + begin.length, to))}\n\n${page.slice(to)}`
}

/** A page with other figures between its marks. */
export const replaced = (page: string, figures: string, marks = ownMarks): string | undefined =>
  rewritten(page, () => figures, marks)

const page = fileURLToPath(new URL("../../docs/performance.md", import.meta.url))

/** The values of the figures that the documentation has. */
export const kept = Effect.fn("Report.kept")(function*() {
  const files = yield* FileSystem.FileSystem
  return valuesIn(yield* files.readFileString(page))
})

/** Puts the figures into the documentation; those that were not taken stay. */
export const write = Effect.fn("Report.write")(function*(parts: ReadonlyArray<Part>, about: string) {
  const files = yield* FileSystem.FileSystem
  const sections = parts.map((part) => section(part, about))
  const written = rewritten(yield* files.readFileString(page), (before) => merged(before, sections))
  if (written === undefined) return yield* new NotMeasured({ message: `${page} has no place for figures` })
  yield* files.writeFileString(page, written)
})
