/** Two runs beside each other. */
import { findingOf } from "./Matching.ts"
import type { CaseResult, EvalResult } from "./Measured.ts"
import { figures, shownIn } from "./TextReport.ts"

/** Goldens of a case, by what they say, with whether the run has found them. */
const goldensOf = ({ findings, goldens }: CaseResult) =>
  new Map(goldens.map((golden) => [golden.comment, findingOf(findings, goldens, golden) !== undefined]))

const othersIn = ({ findings }: CaseResult): number => findings.filter(({ match }) => match._tag === "Nothing").length

/** Lines about a case that came out differently. */
const changesIn = (before: CaseResult, after: CaseResult): ReadonlyArray<string> => {
  const found = goldensOf(after)
  const goldens = [...goldensOf(before)].flatMap(([comment, was]) => {
    const is = found.get(comment)
    if (is === undefined || is === was) return []
    return [`  ${is ? "found now" : "lost"}: ${comment}`]
  })
  const [fewer, more] = [othersIn(before), othersIn(after)]
  const others = fewer === more ? [] : [`  findings that match nothing: ${fewer} → ${more}`]
  const state = before.state === after.state ? [] : [`  ${before.state} → ${after.state}`]
  const lines = [...state, ...goldens, ...others]
  return lines.length === 0 ? [] : [after.name, ...lines]
}

/** The change of a figure: a sign and, where one is better, which way it went. */
const trend = (before: number | undefined, after: number | undefined, moreIsBetter: boolean | undefined): string => {
  if (before === undefined || after === undefined || before === after || moreIsBetter === undefined) return ""
  return after > before === moreIsBetter ? "better" : "worse"
}

/** Compares two runs: each figure, then the cases that came out differently. */
export const compareText = (before: EvalResult, after: EvalResult): string => {
  const rows = figures.map((figure) => [
    figure.label,
    shownIn(figure, before.metrics),
    shownIn(figure, after.metrics),
    trend(figure.of(before.metrics), figure.of(after.metrics), figure.moreIsBetter)
  ])
  const table = [["", before.reviewer, after.reviewer, ""], ...rows]
  const widths = [0, 1, 2].map((at) => Math.max(...table.map((row) => (row[at] ?? "").length)))
  const known = new Map(before.cases.map((one) => [one.name, one]))
  const changes = after.cases.flatMap((one) => {
    const other = known.get(one.name)
    return other === undefined ? [`${one.name}\n  only in the second run`] : changesIn(other, one)
  })
  const names = new Set(after.cases.map(({ name }) => name))
  const gone = before.cases.filter(({ name }) => !names.has(name)).map(({ name }) => `${name}\n  only in the first run`)
  const judges = before.judge === after.judge ? [] : [`The judges differ: ${before.judge} and ${after.judge}.`, ""]
  return [
    ...judges,
    ...table.map((row) => row.map((cell, at) => cell.padEnd(widths[at] ?? 0)).join("  ").trimEnd()),
    ...(changes.length + gone.length === 0 ? [] : ["", ...changes, ...gone])
  ].join("\n")
}
