/** The check on the commit that a job reviews. It is told at the side: no review waits for it, or fails with it. */
import type { Sha } from "@nominal-code/domain/event/PullRequest"
import type { Job, JobOutcome } from "@nominal-code/domain/job/Job"
import type { UsageSummary } from "@nominal-code/domain/model/Usage"
import { CheckedCommit, CheckState } from "@nominal-code/domain/review/CommitCheck"
import { missedIn } from "@nominal-code/domain/review/Coverage"
import { type Finding, Severity } from "@nominal-code/domain/review/Finding"
import { type PostedReview, scopeOf } from "@nominal-code/domain/review/Review"
import { oneLine } from "@nominal-code/domain/text/OneLine"
import { Forge, type PullRequestView } from "@nominal-code/forge/Forge"
import { Effect, Option } from "effect"
import { ledgerOf, openIn } from "./ledger/Ledger.ts"
import { isOurs } from "./ledger/Thread.ts"
import { commentHead } from "./posted/CommentBody.ts"
import { counted, countsOf, severityOf } from "./posted/Headline.ts"
import type { SummaryParts } from "./posted/Summary.ts"
import { ReviewConfig } from "./ReviewConfig.ts"

const { Done, Running } = CheckState.cases

/** Maximum length of an annotation's text. */
const longestAnnotation = 4_000

const stillOpenText = (open: ReadonlyArray<Severity>) => open.length === 0 ? "" : `, ${open.length} still open`

const bySeverity = (severities: ReadonlyArray<Severity>): string =>
  Severity.literals.flatMap((severity) => {
    const number = severities.filter((one) => one === severity).length
    return number === 0 ? [] : [`${number} ${severity}`]
  }).join(", ")

const annotation = (finding: Finding) => ({
  path: finding.path,
  startLine: finding.startLine ?? finding.line,
  line: finding.line,
  severity: finding.severity,
  title: commentHead(finding).replaceAll("*", ""),
  text: finding.body.slice(0, longestAnnotation)
})

/** Open findings for which the check fails, by `reviewer.fail_on`. */
const failing = (failOn: Severity | undefined, open: ReadonlyArray<Severity>): ReadonlyArray<Severity> =>
  failOn === undefined
    ? []
    : open.filter((severity) => Severity.literals.indexOf(severity) <= Severity.literals.indexOf(failOn))

const verdict = (failOn: Severity | undefined, open: ReadonlyArray<Severity>, title: string) => {
  const bad = failing(failOn, open)
  return bad.length === 0
    ? { conclusion: "success" as const, title }
    : { conclusion: "failure" as const, title: `Open: ${bySeverity(bad)}` }
}

const linkTo = (url: string | undefined) => url === undefined ? {} : { url }

/** Shows a state on the commit if the job reviews it as a whole: an answer to a question and a dry run show none. */
const tell = Effect.fnUntraced(function*(job: Job, headSha: Sha, state: CheckState) {
  const { settings: { dryRun } } = yield* ReviewConfig
  if (dryRun || scopeOf(job) === "request") return
  const commit = new CheckedCommit({ pullRequest: job.event.pullRequest, headSha, jobId: job.id })
  yield* (yield* Forge).check(commit, state)
})

/** Says that the review of a commit has begun, in the background. */
export const begin = (job: Job, headSha: Sha) =>
  Effect.forkChild(tell(job, headSha, Running.make({})), { startImmediately: true })

/** Facts of a review that was just posted. */
interface PostedFacts {
  readonly parts: SummaryParts
  readonly posted: PostedReview
  readonly usage: UsageSummary
}

const summaryOf = ({ parts, usage }: PostedFacts, open: ReadonlyArray<Severity>): string => {
  const { coverage, files, ignored, repeated, unreadable } = parts
  const missed = missedIn(coverage)
  const lines = [
    ...(open.length === 0 ? ["No open findings."] : [`Open findings: ${bySeverity(open)}.`]),
    `Reviewed: ${counted(files, "file")}${ignored === 0 ? "" : `; ${ignored} more ignored`}${
      missed.length === 0 ? "" : `; ${missed.length} too large to be looked at in full`
    }.`,
    ...(repeated === 0 ? [] : [`Not repeated: ${counted(repeated, "earlier finding")}.`]),
    ...(unreadable === 0 ? [] : [`Unreadable: ${counted(unreadable, "finding")} of the model.`]),
    `Model: ${usage.model}, ${counted(usage.calls, "call")}${
      usage.costUsd === undefined ? "" : `, ${usage.costUsd.toFixed(2)} USD`
    }.`
  ]
  return lines.map((line) => `- ${line}`).join("\n")
}

/** Shows on the commit a review that was just posted: its findings, what it covers, and what it cost. */
export const reviewed = Effect.fnUntraced(function*(job: Job, facts: PostedFacts) {
  const { settings: { failOn } } = yield* ReviewConfig
  const { parts, posted } = facts
  const placed = [...parts.inline, ...parts.folded, ...parts.cut].map(({ finding }) => finding)
  const { added: found, stillOpen } = countsOf(parts)
  const open = [...stillOpen, ...found]
  const title = found.length === 0
    ? `No new findings${stillOpenText(stillOpen)}`
    : `${counted(found.length, "finding")}: ${bySeverity(found)}`
  yield* tell(
    job,
    parts.headSha,
    Done.make({
      ...verdict(failOn, open, title),
      summary: summaryOf(facts, open),
      annotations: placed.filter(({ side }) => side === "RIGHT").map(annotation),
      ...linkTo(posted.url)
    })
  )
})

const notReviewed = (reason: string) =>
  Done.make({
    conclusion: "neutral",
    title: oneLine(`Not reviewed: ${reason}`, 140),
    summary: `This commit was not reviewed: ${reason}.`,
    annotations: []
  })

/** Shows on the commit that its review is on the pull request already. */
const reviewedBefore = Effect.fnUntraced(
  function*(job: Job, { discussions }: PullRequestView, url: string | undefined) {
    const { settings } = yield* ReviewConfig
    const ledger = openIn(ledgerOf(discussions, isOurs(job, settings)))
    const open = ledger.map(severityOf)
    const title = open.length === 0 ? "No open findings" : `Open findings: ${bySeverity(open)}`
    return Done.make({
      ...verdict(settings.failOn, open, title),
      summary: `The review of this commit is on the pull request. ${title}.`,
      annotations: [],
      ...linkTo(url)
    })
  }
)

/** Shows on the commit a run that posted no review: the commit had one, or there is a reason for none. */
export const conclude = Effect.fnUntraced(function*(job: Job, view: PullRequestView, outcome: JobOutcome) {
  if (outcome._tag === "Reviewed" && outcome.alreadyPosted) {
    return yield* tell(job, outcome.headSha, yield* reviewedBefore(job, view, outcome.url))
  }
  if (outcome._tag !== "Skipped" || outcome.headSha === undefined) return
  const { detail, headSha, reason } = outcome
  // A comment that is not followed has made no check, unless its review had begun.
  if (job.event._tag === "Comment" && reason !== "nothing-to-review") return
  const url = view.posts.reviewedHeads.find((reviewed) => reviewed.headSha === headSha)?.url
  yield* tell(
    job,
    headSha,
    reason === "head-reviewed" ? yield* reviewedBefore(job, view, url) : notReviewed(detail)
  )
})

const headNow = (job: Job) =>
  Effect.option(Forge.use((forge) => Effect.map(forge.pullRequest(job.event.pullRequest), ({ headSha }) => headSha)))

const tellNotReviewed = (job: Job, headSha: Option.Option<Sha>, reason: string) =>
  Option.match(headSha, {
    onNone: () => Effect.void,
    onSome: (sha) => tell(job, sha, notReviewed(reason))
  })

/** Shows on the commit a job that was not taken up. */
export const notTaken = (job: Job, headSha: Sha, reason: string) => tellNotReviewed(job, Option.some(headSha), reason)

/** Shows on the commit a job that was given up: its pull request's head was not reviewed. */
export const givenUp = (job: Job, reason: string) =>
  Effect.flatMap(headNow(job), (headSha) => tellNotReviewed(job, headSha, reason))

/**
 * Shows on the commit a review that was cancelled, or superseded by a push: on the event's commit, since there may be a
 * newer one.
 */
export const stopped = (job: Job) =>
  Effect.flatMap(
    job.event._tag === "Lifecycle" ? Effect.succeedSome(job.event.headSha) : headNow(job),
    (headSha) => tellNotReviewed(job, headSha, "its review was stopped")
  )
