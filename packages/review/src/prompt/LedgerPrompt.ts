import type { ChangedFile } from "@nominal-code/domain/diff/Patch"
import type { Sha } from "@nominal-code/domain/event/PullRequest"
import type { Discussion } from "@nominal-code/domain/review/Review"
import { fitDiffs, portionsOf } from "../context/DiffBudget.ts"
import { planByPath } from "../context/Plan.ts"
import type { LedgerFinding } from "../ledger/Ledger.ts"
import type { OwnPostTest } from "../ledger/Thread.ts"
import { cut, newestComments, shownFile } from "./Prompt.ts"
import { block, filePath } from "./UntrustedBlocks.ts"

/** Difference between the commit that was reviewed last and the one that is reviewed now. */
export interface ChangesSince {
  readonly headSha: Sha
  readonly files: ReadonlyArray<ChangedFile>
}

/** Number of earlier findings that are shown. Of more, the oldest stay open unasked. */
const mostFindings = 40
const mostDismissed = 20
const longestClaim = 1_500
const longestDismissal = 300
/** Tokens of the replies to one finding. */
const replyBudget = 1_500

/** Maximum number of tokens of the difference since the last review, a part of that of the whole. */
const sinceBudget = 15_000

/** An open finding with its name in the prompt. */
export interface NamedFinding {
  readonly id: string
  readonly finding: LedgerFinding
}

/** Names of the open findings in the prompt. */
export const namedFindings = (open: ReadonlyArray<LedgerFinding>): ReadonlyArray<NamedFinding> =>
  open.slice(-mostFindings).map((finding, at) => ({ id: `E${at + 1}`, finding }))

const placeText = ({ place }: LedgerFinding): string => {
  if (place === undefined) return "in a summary"
  const line = place.line ?? place.originalLine
  const outdated = place.line === undefined ? ", as it was then" : ""
  return `${filePath(place.path, line === undefined ? "" : `:${line}`)}${
    place.side === "LEFT" ? " before the change" : outdated
  }`
}

const openFinding = (id: string, finding: LedgerFinding): string =>
  [
    `### ${id}: ${placeText(finding)}`,
    block("untrusted-comment", cut(finding.claim, longestClaim)),
    ...newestComments(finding.replies, replyBudget)
  ].join("\n")

const dismissedFinding = (finding: LedgerFinding): string =>
  [
    `- ${placeText(finding)}`,
    block(
      "untrusted-comment",
      [finding.claim, finding.reason ?? ""].filter((text) => text !== "").map((text) => cut(text, longestDismissal))
        .join("\n")
    )
  ].join("\n")

const changesText = (
  { files, headSha }: ChangesSince,
  reviewed: ReadonlyArray<ChangedFile>
): ReadonlyArray<string> => {
  const paths = new Set(reviewed.map(({ path }) => path))
  const changed = planByPath(files.filter(({ path }) => paths.has(path)))
  const { shown } = fitDiffs(portionsOf(changed.files), sinceBudget)
  return [
    `## Since your last review\n\nYour last review was of commit ${headSha}. ${
      shown.length === 0 ? "No reviewed file has changed since." : "This has changed since in the reviewed files:"
    }`,
    ...shown.map(shownFile)
  ]
}

/** Parts of a later review's prompt. */
export interface LedgerParts {
  readonly ledger: ReadonlyArray<LedgerFinding>
  readonly since: ChangesSince | undefined
  /** The open findings that this prompt asks about. */
  readonly named: ReadonlyArray<NamedFinding>
  /** The files of the pull request. */
  readonly files: ReadonlyArray<ChangedFile>
}

/** Paragraphs of a later review's prompt: what has changed since the last one, and what became of its findings. */
export const ledgerText = ({ files, ledger, named, since }: LedgerParts): ReadonlyArray<string> => {
  const dismissed = ledger.filter(({ claim, state }) => state === "dismissed" && claim !== "").slice(-mostDismissed)
  return [
    ...(since === undefined ? [] : changesText(since, files)),
    ...(named.length === 0 ? [] : [
      "## Your earlier findings\n\nThey are open on the pull request. Look at the code of each as it is now, and answer " +
      "for each in `earlier`. Do not hand them in again under `comments`.",
      ...named.map(({ finding, id }) => openFinding(id, finding))
    ]),
    ...(dismissed.length === 0 ? [] : [
      ["These findings of yours were dismissed. Do not hand them in again:", ...dismissed.map(dismissedFinding)].join(
        "\n"
      )
    ])
  ]
}

/** Comments that the prompt does not show yet: others' words, without those under our open findings. */
export const otherDiscussions = (
  discussions: ReadonlyArray<Discussion>,
  ledger: ReadonlyArray<LedgerFinding>,
  isOurs: OwnPostTest
): ReadonlyArray<Discussion> => {
  const shown = new Set(
    namedFindings(ledger.filter(({ state }) => state === "open")).flatMap(({ finding }) => finding.replies)
  )
  return discussions.filter((one) => !isOurs(one) && !shown.has(one))
}
