import { Sha } from "@nominal-code/domain/event/PullRequest"
import { escapePath } from "@nominal-code/domain/file/RepoPathSpelling"
import { UsageSummary } from "@nominal-code/domain/model/Usage"
import { FileCoverage } from "@nominal-code/domain/review/Coverage"
import { type Finding, Severity } from "@nominal-code/domain/review/Finding"
import { unmarked } from "@nominal-code/domain/review/MarkerSeal"
import { closeFence, codeSpan, fenced } from "@nominal-code/forge/Markdown"
import { commentBody, commentHead } from "@nominal-code/review/posted/CommentBody"
import { Option, Schema } from "effect"
import type { ReviewedChanges } from "../ReviewChanges.ts"
import { ReviewedFinding } from "../ReviewedFinding.ts"
import { printable } from "./TerminalText.ts"

/** A review that is ready to be printed. */
export interface ReviewReport {
  /** Markdown. */
  readonly summary: string
  /** Findings that have their place in the diff, worst first. */
  readonly findings: ReadonlyArray<ReviewedFinding>
  readonly headSha: Sha
  readonly usage: UsageSummary | undefined
  /** Severity of every finding, those without a place included. */
  readonly severities: ReadonlyArray<Severity>
  /** Lines of the files with findings, by side and path: `RIGHT src/a.ts`. */
  readonly files: ReadonlyMap<string, ReadonlyArray<string>>
  /** Changed files, with how much of each was looked at. */
  readonly coverage: ReadonlyArray<FileCoverage>
  /** Page of the review; undefined if it was not posted. */
  readonly url?: string | undefined
  /** Reason why it could not be posted; undefined if it was, or was not to be. */
  readonly notPosted?: string | undefined
}

/** Removes severity, category and confidence, which stand above a finding's text on a forge. */
const withoutHead = (finding: ReviewedFinding): ReviewedFinding => {
  const head = commentHead(finding)
  const body = finding.body.startsWith(head) ? finding.body.slice(head.length).trim() : finding.body
  return body === "" ? finding : new ReviewedFinding({ ...finding, body })
}

const rank = (severity: Severity): number => Severity.literals.indexOf(severity)

/** Sorts findings by severity, worst first. */
export const worstFirst = (findings: ReadonlyArray<ReviewedFinding>): ReadonlyArray<ReviewedFinding> =>
  findings.toSorted((one, other) => rank(one.severity) - rank(other.severity))

/** A review, with what its forge has said of its post. */
export interface ReviewOfForge extends ReviewedChanges {
  readonly url?: Option.Option<string>
  readonly notPosted?: Option.Option<string>
}

/** A review as it is reported: worst findings first, texts without what only a forge shows. */
export const reportOf = (
  { coverage, files, severities, ...reviewed }: ReviewOfForge & Pick<ReviewReport, "coverage" | "files" | "severities">
): ReviewReport => ({
  summary: unmarked(reviewed.summary).trimEnd(),
  findings: worstFirst(reviewed.findings.map(withoutHead)),
  headSha: reviewed.headSha,
  usage: Option.getOrUndefined(reviewed.usage),
  files,
  severities,
  coverage,
  url: Option.getOrUndefined(reviewed.url ?? Option.none()),
  notPosted: Option.getOrUndefined(reviewed.notPosted ?? Option.none())
})

/** Number of severities that are `least` or worse. */
export const countAtLeast = (severities: ReadonlyArray<Severity>, least: Severity): number =>
  severities.filter((severity) => rank(severity) <= rank(least)).length

/** Lines of a finding: `7`, or `5-7`. */
export const placeOf = ({ line, startLine }: Finding): string =>
  startLine === undefined || startLine === line ? String(line) : `${startLine}-${line}`

/** One line of code beside a finding. */
export interface CodeLine {
  readonly number: number
  readonly text: string
  /** True if the finding is about this line. */
  readonly meant: boolean
}

/** Number of lines shown before and after those of a finding. */
const contextLines = 2

/** The lines of a finding, and a few around them. */
export const codeAround = (
  { line, startLine = line }: Finding,
  lines: ReadonlyArray<string>
): ReadonlyArray<CodeLine> => {
  const first = Math.max(1, startLine - contextLines)
  return lines.slice(first - 1, line + contextLines).map((text, at) => ({
    number: first + at,
    text,
    meant: first + at >= startLine && first + at <= line
  }))
}

/** One line of a suggestion beside the lines that it replaces. */
export interface ChangedLine {
  readonly sign: " " | "-" | "+"
  readonly text: string
}

/** A suggestion as a diff: lines that stay are shown once. */
export const suggestedChange = (
  { line, startLine = line, suggestion = "" }: Finding,
  lines: ReadonlyArray<string>
): ReadonlyArray<ChangedLine> => {
  const after = suggestion === "" ? [] : suggestion.replace(/\n$/, "").split("\n")
  const added = (texts: ReadonlyArray<string>) => texts.map((text): ChangedLine => ({ sign: "+", text }))
  const changes: Array<ChangedLine> = []
  let next = 0
  for (const text of lines.slice(startLine - 1, line)) {
    const at = after.indexOf(text, next)
    if (at === -1) changes.push({ sign: "-", text })
    else {
      for (const one of added(after.slice(next, at))) changes.push(one)
      changes.push({ sign: " ", text })
      next = at + 1
    }
  }
  return [...changes, ...added(after.slice(next))]
}

const markdownFinding = (finding: Finding): string =>
  [
    `### ${codeSpan(`${escapePath(finding.path)}:${placeOf(finding)}`)}`,
    closeFence(commentBody(finding)),
    ...(finding.suggestion === undefined ? [] : [fenced("suggestion", finding.suggestion)])
  ].join("\n\n")

/** A review as Markdown. */
export const reviewMarkdown = ({ findings, summary }: ReviewReport): string =>
  printable([summary, ...findings.map(markdownFinding)].join("\n\n"))

const Printed = Schema.Struct({
  summary: Schema.String,
  findings: Schema.Array(ReviewedFinding),
  headSha: Sha,
  usage: Schema.optionalKey(UsageSummary),
  coverage: Schema.Array(FileCoverage),
  url: Schema.optionalKey(Schema.String)
})
const encode = Schema.encodeSync(Schema.toCodecJson(Printed))

const unicodeEscape = (character: string): string =>
  Array.from({ length: character.length }, (_, at) => `\\u${character.charCodeAt(at).toString(16).padStart(4, "0")}`)
    .join("")

/** JSON for people and programs: control and format characters are escaped. */
export const printableJson = (value: unknown): string =>
  JSON.stringify(value, null, 2).replaceAll(/(?!\n)[\p{Cc}\p{Cf}\p{Zl}\p{Zp}]/gu, unicodeEscape)

/** A review as JSON. */
export const reviewJson = ({ coverage, findings, headSha, summary, url, usage }: ReviewReport): string =>
  printableJson(
    encode({
      summary,
      findings,
      headSha,
      coverage,
      ...(usage === undefined ? {} : { usage }),
      ...(url === undefined ? {} : { url })
    })
  )
