/** Account of what a review has looked at, and of what it has not. */
import { escapePath } from "@nominal-code/domain/file/RepoPathSpelling"
import { FileCoverage, missedIn, type OmissionReason } from "@nominal-code/domain/review/Coverage"
import { codeSpan } from "@nominal-code/forge/Markdown"
import type { Portion, ShownDiff } from "../context/DiffBudget.ts"
import type { PlannedFile, ReviewPlan } from "../context/Plan.ts"
import { counted } from "./Headline.ts"

const lineCount = (text: string): number => text.split("\n").length

const coverageOfFile = (
  { file: { path }, kind, onlyNamed }: PlannedFile,
  leftOut: number,
  shown: Pick<FileCoverage, "seen" | "why">
): FileCoverage => {
  if (onlyNamed !== undefined) return new FileCoverage({ path, kind, seen: "name", why: onlyNamed })
  return leftOut === 0
    ? new FileCoverage({ path, kind, seen: "full" })
    : new FileCoverage({ path, kind, ...shown, leftOut })
}

/** A plan with its diffs, and with those that prompts have shown. */
export interface ShownPlan {
  readonly plan: ReviewPlan
  readonly portions: ReadonlyArray<Portion>
  readonly shown: ReadonlyArray<ShownDiff>
  /** Reason why not all are shown. */
  readonly why: "too-large" | "ended-early"
}

/** The files of a plan, and how much of each of its diffs the prompts have shown. */
export const coverageOf = ({ plan, portions, shown, why }: ShownPlan): ReadonlyArray<FileCoverage> => {
  const left = new Map(portions.map(({ file, text }) => [file, lineCount(text)]))
  const seen = new Set(shown.map(({ file }) => file))
  for (const { file, leftOut } of shown) left.set(file, Math.min(left.get(file) ?? 0, leftOut))
  return plan.files.map((planned) => {
    const { file } = planned
    return coverageOfFile(planned, left.get(file) ?? 0, { seen: seen.has(file) ? "part" : "none", why })
  })
}

/** Number of names in a sentence, and in a line of the receipt. */
const mostMissed = 5
const mostNames = 10

const names = (files: ReadonlyArray<FileCoverage>, most: number, word: (file: FileCoverage) => string): string => {
  const more = files.length - most
  const shown = files.slice(0, most).map((file) => `${codeSpan(escapePath(file.path))}${word(file)}`)
  return [...shown, ...(more > 0 ? [`${more} more`] : [])].join(", ")
}

const partly = ({ leftOut = 0, seen }: FileCoverage): string =>
  seen === "part" ? ` (${counted(leftOut, "line")} left out)` : ""

/** Sentence about the files that should have been looked at in full; none if there are none. */
export const missedSentence = (coverage: ReadonlyArray<FileCoverage>): ReadonlyArray<string> => {
  const missed = missedIn(coverage)
  return missed.length === 0 ? [] : [`> Not looked at in full: ${names(missed, mostMissed, partly)}.`]
}

/** Reasons in a receipt. */
const reasons: Readonly<Record<OmissionReason, string>> = {
  deleted: "deleted",
  moved: "moved",
  "no-text": "no text diff",
  "too-large": "too large",
  "ended-early": "the review ended early",
  attribute: "generated",
  header: "generated",
  lock: "lock file",
  minified: "minified",
  snapshot: "snapshot",
  vendored: "vendored",
  built: "built"
}

const line = (title: string, files: ReadonlyArray<FileCoverage>, word: (file: FileCoverage) => string = () => "") =>
  files.length === 0 ? [] : [`- ${title} (${files.length}): ${names(files, mostNames, word)}`]

const byReason = (title: string, files: ReadonlyArray<FileCoverage>): ReadonlyArray<string> =>
  [...Map.groupBy(files, ({ why }) => reasons[why ?? "no-text"])]
    .flatMap(([reason, files]) => line(`${title}, ${reason}`, files))

/** The files of a review by how much of them it has looked at, folded; nothing if all were looked at in full. */
export const receipt = (coverage: ReadonlyArray<FileCoverage>, ignored: number): ReadonlyArray<string> => {
  const of = (seen: FileCoverage["seen"]) => coverage.filter((file) => file.seen === seen)
  const full = of("full").length
  if (full === coverage.length) return []
  const lines = [
    ...line("In part", of("part"), partly),
    ...byReason("Not at all", of("none")),
    ...byReason("By name only", of("name")),
    ...(ignored === 0 ? [] : [`- Ignored by pattern: ${counted(ignored, "file")}`])
  ]
  const title = `${full} of ${counted(coverage.length, "file")} looked at in full`
  return [`<details>\n<summary>${title}</summary>\n\n${lines.join("\n")}\n\n</details>`]
}
