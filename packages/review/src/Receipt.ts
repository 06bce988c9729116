/** Account of what a review has looked at, and of what it has not. */
import { FileCoverage, missedIn, type NotShown } from "@nominal-code/domain/Coverage"
import { escapePath } from "@nominal-code/domain/RepoPathSpelling"
import { codeSpan } from "@nominal-code/forge/Markdown"
import type { Portion, ShownDiff } from "./DiffBudget.ts"
import { counted } from "./Headline.ts"
import type { PlannedFile, ReviewPlan } from "./Plan.ts"

const lineCount = (text: string): number => text.split("\n").length

const coverageOfFile = (
  { file, kind, onlyNamed }: PlannedFile,
  left: number | undefined,
  seen: boolean
): FileCoverage => {
  const { path } = file
  if (onlyNamed !== undefined) return new FileCoverage({ path, kind, seen: "name", why: onlyNamed })
  if (left === undefined || left === 0) return new FileCoverage({ path, kind, seen: "full" })
  return new FileCoverage({ path, kind, seen: seen ? "part" : "none", why: "too-large", leftOut: left })
}

/** The files of a plan, and how much of each of its diffs the prompts have shown. */
export const coverageOf = (
  plan: ReviewPlan,
  portions: ReadonlyArray<Portion>,
  shown: ReadonlyArray<ShownDiff>
): ReadonlyArray<FileCoverage> => {
  const left = new Map(portions.map(({ file, text }) => [file, lineCount(text)]))
  const seen = new Set(shown.map(({ file }) => file))
  for (const { file, leftOut } of shown) left.set(file, Math.min(left.get(file) ?? 0, leftOut))
  return plan.files.map((planned) => coverageOfFile(planned, left.get(planned.file), seen.has(planned.file)))
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
  return missed.length === 0 ? [] : [`> Too large to be looked at in full: ${names(missed, mostMissed, partly)}.`]
}

/** Reasons in a receipt. */
const reasons: Readonly<Record<NotShown, string>> = {
  deleted: "deleted",
  moved: "moved",
  "no-text": "no text",
  "too-large": "too large",
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

const byReason = (files: ReadonlyArray<FileCoverage>): ReadonlyArray<string> =>
  [...Map.groupBy(files, ({ why }) => reasons[why ?? "no-text"])]
    .flatMap(([reason, files]) => line(`By name only, ${reason}`, files))

/** The files of a review by how much of them it has looked at, folded; nothing if all were looked at in full. */
export const receipt = (coverage: ReadonlyArray<FileCoverage>, ignored: number): ReadonlyArray<string> => {
  const of = (seen: FileCoverage["seen"]) => coverage.filter((file) => file.seen === seen)
  const full = of("full").length
  if (full === coverage.length) return []
  const lines = [
    ...line("In part", of("part"), partly),
    ...line("Not at all, too large", of("none")),
    ...byReason(of("name")),
    ...(ignored === 0 ? [] : [`- Ignored by pattern: ${counted(ignored, "file")}`])
  ]
  const title = `${full} of ${counted(coverage.length, "file")} looked at in full`
  return [`<details>\n<summary>${title}</summary>\n\n${lines.join("\n")}\n\n</details>`]
}
