import type { PullRequest, Sha } from "@nominal-code/domain/event/PullRequest"
import type { SpendLimit } from "@nominal-code/domain/model/SpendLimits"
import type { FileCoverage } from "@nominal-code/domain/review/Coverage"
import { Finding, type Severity } from "@nominal-code/domain/review/Finding"
import { foldInto } from "@nominal-code/forge/FoldedFindings"
import { closeFence, fit } from "@nominal-code/forge/Markdown"
import type { FingerprintedFinding } from "../judgement/Anchor.ts"
import type { LedgerFinding } from "../ledger/Ledger.ts"
import type { Settlement } from "../ledger/Settlement.ts"
import { usedUp } from "../Spending.ts"
import { badges } from "./CommentBody.ts"
import { counted, headline } from "./Headline.ts"
import { missedSentence, receipt } from "./Receipt.ts"

/** A finding without a place, for the summary. */
export interface UnplacedEntry {
  readonly severity: Severity
  readonly text: string
}

/** Parts of a review's summary, with final texts. */
export interface SummaryParts {
  readonly headSha: Sha
  /** The model's text about the change as a whole; may be empty. */
  readonly text: string
  readonly inline: ReadonlyArray<FingerprintedFinding>
  readonly folded: ReadonlyArray<FingerprintedFinding>
  /** Findings of which the summary has a line. */
  readonly cut: ReadonlyArray<FingerprintedFinding>
  /** Findings without a line. */
  readonly unplaced: ReadonlyArray<UnplacedEntry>
  /** Changed files, with how much of each was looked at. */
  readonly coverage: ReadonlyArray<FileCoverage>
  readonly repeated: number
  /** Findings of earlier reviews that are open after this one. */
  readonly stillOpen: ReadonlyArray<LedgerFinding>
  /** Findings of earlier reviews that this one closes. */
  readonly settlements: ReadonlyArray<Settlement>
  /** Those that an earlier run of the same job has closed. */
  readonly settledBefore: ReadonlyArray<LedgerFinding>
  readonly unreadable: number
  /** Number of findings that were dropped because none of their quotes stands in the code. */
  readonly unproven: number
  /** Number of findings that were refuted when they were verified. */
  readonly refuted: number
  /** Number of findings that were to be verified, and are told without a verdict. */
  readonly unverified: number
  /** Number of findings below the severity that is reported. */
  readonly minor: number
  /** Sentences that say why files of the repository are not used. */
  readonly repositoryProblems: ReadonlyArray<string>
  readonly files: number
  readonly ignored: number
  /** The limit of dollars that ended the review early. */
  readonly limit: SpendLimit | undefined
}

/** Characters for the model's text, and for the findings that have no place in the diff. A forge takes 65,000 in all. */
const textRoom = 20_000
const foldedRoom = 38_000
/** Characters kept of a finding if there is no room for all of it. */
const headRoom = 160

const short = (sha: Sha) => `\`${sha.slice(0, 7)}\``

const movedOn = ({ headSha }: SummaryParts, now: PullRequest): ReadonlyArray<string> => {
  const merged = now.state === "merged" ? ["> The pull request was merged while this review was running."] : []
  const moved = now.headSha === headSha ? [] : [
    `> This is a review of ${short(headSha)}. The pull request has moved on to ${
      short(now.headSha)
    } since, so some of ` +
    "it may be out of date."
  ]
  return [...merged, ...moved]
}

const endedEarly = ({ limit }: SummaryParts): ReadonlyArray<string> =>
  limit === undefined
    ? []
    : [`> This review ended early: ${usedUp(limit)}. It may not have looked at everything.`]

/** Note on findings that were dropped: the model wrote its text before they were verified, and may mention them. */
const fallen = ({ refuted, text, unproven }: SummaryParts): ReadonlyArray<string> =>
  text === "" || refuted + unproven === 0 ? [] : [
    `> This was written before its findings were verified. ${
      refuted + unproven === 1
        ? "One of them did not hold, and is"
        : `${refuted + unproven} of them did not hold, and are`
    } not posted.`
  ]

const withoutPlace = ({ unplaced }: SummaryParts): ReadonlyArray<string> => {
  if (unplaced.length === 0) return []
  const bullets = unplaced.map(({ severity, text }) => `- ${badges[severity]} \u2014 ${indented(text)}`)
  return [`**Without a line**\n\n${fit(bullets.join("\n"), textRoom / 2)}`]
}

const indented = (text: string): string => closeFence(text).replaceAll("\n", "\n  ")

const unverifiedText = ({ cut, folded, inline, unverified }: SummaryParts): string =>
  unverified === inline.length + folded.length + cut.length ? "unverified" : `${unverified} unverified`

const footer = (parts: SummaryParts): string => {
  const { files, headSha, ignored, minor, refuted, repeated, unproven, unreadable, unverified } = parts
  return [
    `Reviewed ${short(headSha)}`,
    `${counted(files, "file")}${ignored === 0 ? "" : ` (${ignored} more ignored)`}`,
    ...(repeated === 0 ? [] : [`${counted(repeated, "earlier finding")} not repeated`]),
    ...(minor === 0 ? [] : [`${counted(minor, "finding")} below the reported severity`]),
    ...(unverified === 0 ? [] : [unverifiedText(parts)]),
    ...(refuted === 0 ? [] : [`${counted(refuted, "finding")} refuted`]),
    ...(unproven === 0 ? [] : [`${counted(unproven, "finding")} without proof dropped`]),
    ...(unreadable === 0 ? [] : [`${counted(unreadable, "finding")} of the model could not be read`])
  ].join(" · ")
}

/** Findings for the summary. If there is no room, only the head of a finding is kept. */
const foldable = ({ folded }: SummaryParts): ReadonlyArray<Finding> => {
  let room = foldedRoom
  return folded.map(({ finding }) => {
    const size = finding.body.length + (finding.suggestion?.length ?? 0) + finding.path.length + 200
    const isWhole = size <= room
    room -= isWhole ? size : 0
    const { suggestion, ...rest } = finding
    return new Finding({
      ...rest,
      body: isWhole ? finding.body : fit(finding.body, headRoom),
      ...(isWhole && suggestion !== undefined ? { suggestion } : {})
    })
  })
}

/**
 * Text of the review: counts, summary, reviewed commit, and the findings without a place in the diff. It says what has
 * become of the pull request meanwhile.
 */
export const summarize = (parts: SummaryParts, now: PullRequest): string => {
  const text = [
    headline(parts),
    ...(parts.text === "" ? [] : [fit(parts.text, textRoom - (parts.unplaced.length > 0 ? textRoom / 2 : 0))]),
    ...fallen(parts),
    ...withoutPlace(parts),
    ...missedSentence(parts.coverage),
    ...endedEarly(parts),
    ...movedOn(parts, now),
    ...parts.repositoryProblems.map((problem) => `> ${problem}`),
    `*${footer(parts)}*`,
    ...receipt(parts.coverage, parts.ignored)
  ].join("\n\n")
  return foldInto(foldInto(text, foldable(parts)), parts.cut.map(({ finding }) => finding), "cut")
}
