/** The figures of a run as text. */
import type { CaseResult, EvalResult, Metrics } from "./Measured.ts"

/** A figure of a run, by its name on the command line and in the tables. */
export interface Figure {
  readonly name: string
  readonly label: string
  of(metrics: Metrics): number | undefined
  shown(value: number): string
  /** True if more is better, false if less is, undefined if it depends. */
  readonly moreIsBetter?: boolean
}

const share = (value: number): string => value.toFixed(3).replace(/^0/, "")
const count = (value: number): string => String(value)
const oneDigit = (value: number): string => value.toFixed(1)
const usd = (value: number): string => `$${value.toFixed(4)}`
const time = (value: number): string => `${value.toFixed(1)} s`

/** The figures of a run, in the order in which they are shown. */
export const figures: ReadonlyArray<Figure> = [
  { name: "precision", label: "precision", of: ({ precision }) => precision, shown: share, moreIsBetter: true },
  { name: "recall", label: "recall", of: ({ recall }) => recall, shown: share, moreIsBetter: true },
  { name: "f1", label: "F1", of: ({ f1 }) => f1, shown: share, moreIsBetter: true },
  {
    name: "golden-or-fixed-later",
    label: "golden or fixed later",
    of: ({ goldenOrFixedLater }) => goldenOrFixedLater,
    shown: share,
    moreIsBetter: true
  },
  {
    name: "findings",
    label: "findings per pull request",
    of: ({ findingsPerPullRequest }) => findingsPerPullRequest,
    shown: oneDigit
  },
  {
    name: "clean",
    label: "findings per clean change",
    of: ({ findingsPerCleanChange }) => findingsPerCleanChange,
    shown: oneDigit,
    moreIsBetter: false
  },
  { name: "repeats", label: "repeats", of: ({ repeats }) => repeats, shown: count, moreIsBetter: false },
  {
    name: "anchors",
    label: "anchors within 3 lines",
    of: ({ anchors }) => anchors,
    shown: share,
    moreIsBetter: true
  },
  { name: "tokens", label: "tokens", of: ({ usage }) => usage.total, shown: count, moreIsBetter: false },
  { name: "cached", label: "input from the cache", of: ({ cached }) => cached, shown: share, moreIsBetter: true },
  { name: "dollars", label: "dollars", of: ({ dollars }) => dollars, shown: usd, moreIsBetter: false },
  {
    name: "median-dollars",
    label: "dollars of the median review",
    of: ({ medianDollars }) => medianDollars,
    shown: usd,
    moreIsBetter: false
  },
  { name: "judge", label: "dollars of the judge", of: ({ judgeDollars }) => judgeDollars, shown: usd },
  {
    name: "median-seconds",
    label: "time of the median review",
    of: ({ medianSeconds }) => medianSeconds,
    shown: time,
    moreIsBetter: false
  },
  { name: "seconds", label: "time of the run", of: ({ seconds }) => seconds, shown: time }
]

/** A figure's value as it is shown; `unknown` where it is not known. */
export const shownIn = ({ of, shown }: Figure, metrics: Metrics): string => {
  const value = of(metrics)
  return value === undefined ? "unknown" : shown(value)
}

/** Counts of a run, in one sentence. */
export const countsText = ({ cases, clean, failed, findings, found, goldens, notRun }: Metrics): string =>
  [
    `${cases} cases, ${clean} of them clean`,
    `${found} of ${goldens} goldens found by ${findings} findings`,
    ...(failed === 0 ? [] : [`${failed} failed`]),
    ...(notRun === 0 ? [] : [`${notRun} not run, because the dollars were used up`])
  ].join("; ")

/** One line about a case. */
export const caseText = ({ findings, goldens, name, problem, state }: CaseResult): string => {
  if (state !== "Reviewed") return `${name}: ${state === "Failed" ? `failed: ${problem ?? ""}` : "not run"}`
  const found = new Set(findings.flatMap(({ match }) => match._tag === "Golden" ? [match.golden] : [])).size
  const others = findings.filter(({ match }) => match._tag === "Nothing").length
  return `${name}: ${found} of ${goldens.length} found${others === 0 ? "" : `, ${others} others`}`
}

/** A run as a table of its figures. */
export const resultText = ({ cases, judge, metrics, reviewer, suite }: EvalResult): string => {
  const width = Math.max(...figures.map(({ label }) => label.length))
  return [
    `${suite}, reviewed by ${reviewer}, judged by ${judge}`,
    countsText(metrics),
    "",
    ...figures.map((figure) => `${figure.label.padEnd(width)}  ${shownIn(figure, metrics)}`),
    ...cases.filter(({ state }) => state === "Failed").map((one) => `\n${caseText(one)}`)
  ].join("\n")
}
