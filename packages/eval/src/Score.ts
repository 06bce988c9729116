/** Figures of a run, from its cases. */
import { Usage } from "@nominal-code/domain/model/Usage"
import { distance, foundIn, nearby } from "./Matching.ts"
import type { CaseResult, Metrics } from "./Measured.ts"

const sum = (numbers: ReadonlyArray<number>): number => numbers.reduce((all, one) => all + one, 0)

/** A part of a whole; 0 of nothing. */
const part = (some: number, all: number): number => all === 0 ? 0 : some / all

const median = (numbers: ReadonlyArray<number>): number => {
  const sorted = numbers.toSorted((a, b) => a - b)
  const at = Math.floor(sorted.length / 2)
  const [low = 0, high = 0] = sorted.length % 2 === 0 ? [sorted[at - 1], sorted[at]] : [sorted[at], sorted[at]]
  return (low + high) / 2
}

/** For each finding about a golden with a line: true if it stands there. */
const anchorsOf = ({ findings, goldens }: CaseResult): ReadonlyArray<boolean> =>
  findings.flatMap((finding) => {
    const { match } = finding
    const line = match._tag === "Golden" ? goldens[match.golden]?.line : undefined
    return line === undefined || finding.line === undefined ? [] : [distance(finding, line) <= nearby]
  })

/** Dollars of cases; undefined where one of them has an unknown price. */
const dollarsOf = (cases: ReadonlyArray<CaseResult>, key: "dollars" | "judgeDollars") => {
  const known = cases.flatMap((one) => one[key] ?? [])
  return cases.length > 0 && known.length === cases.length ? known : undefined
}

/**
 * Counts the cases of a run. One that was not run counts nowhere; of one that failed, the goldens count as not found.
 * `seconds` is the time of the whole run.
 */
export const metricsOf = (all: ReadonlyArray<CaseResult>, seconds: number): Metrics => {
  const cases = all.filter(({ state }) => state !== "NotRun")
  const reviewed = cases.filter(({ state }) => state === "Reviewed")
  const clean = reviewed.filter(({ goldens }) => goldens.length === 0)
  const findings = reviewed.flatMap(({ findings }) => findings)
  const goldens = sum(cases.map(({ goldens }) => goldens.length))
  const found = sum(reviewed.map(({ findings }) => foundIn(findings).size))
  const [precision, recall] = [part(found, findings.length), part(found, goldens)]
  const anchors = reviewed.flatMap(anchorsOf)
  const usage = reviewed.reduce((sum, { usage }) => usage === undefined ? sum : sum.plus(usage), Usage.none)
  const dollars = dollarsOf(reviewed, "dollars")
  const judged = dollarsOf(reviewed, "judgeDollars")
  return {
    cases: cases.length,
    clean: clean.length,
    failed: cases.length - reviewed.length,
    notRun: all.length - cases.length,
    goldens,
    found,
    findings: findings.length,
    precision,
    recall,
    f1: part(2 * precision * recall, precision + recall),
    findingsPerPullRequest: part(findings.length, reviewed.length),
    findingsPerCleanChange: part(sum(clean.map(({ findings }) => findings.length)), clean.length),
    goldenOrFixedLater: part(findings.filter(({ match }) => match._tag !== "Nothing").length, findings.length),
    repeats: findings.filter(({ repeat }) => repeat).length,
    anchors: part(anchors.filter(Boolean).length, anchors.length),
    usage,
    cached: part(usage.cacheRead, usage.input + usage.cacheRead + usage.cacheWrite),
    ...(dollars === undefined ? {} : { dollars: sum(dollars), medianDollars: median(dollars) }),
    ...(judged === undefined ? {} : { judgeDollars: sum(judged) }),
    medianSeconds: median(reviewed.map(({ millis }) => millis / 1000)),
    seconds
  }
}
