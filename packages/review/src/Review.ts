import type { PullRequest, Sha } from "@nominal-code/domain/event/PullRequest"
import { Failure } from "@nominal-code/domain/job/Failure"
import { type Job, JobOutcome } from "@nominal-code/domain/job/Job"
import { ensureWanted } from "@nominal-code/domain/job/RunStillWanted"
import type { SpendLimit } from "@nominal-code/domain/model/SpendLimits"
import { countsOf } from "@nominal-code/domain/review/Coverage"
import { InlineComment, ReviewDraft, scopeOf } from "@nominal-code/domain/review/Review"
import type { ReviewSettings } from "@nominal-code/domain/settings/ReviewSettings"
import { Forge, type OwnPosts, type PullRequestView } from "@nominal-code/forge/Forge"
import { Effect, Option } from "effect"
import { fallback } from "./answer/Fallback.ts"
import * as CommitChecks from "./CommitChecks.ts"
import * as History from "./context/History.ts"
import { draft, type DraftedReview, type UnreadableAnswer } from "./Drafting.ts"
import { notPosted } from "./DryRun.ts"
import { failed, forgeFailed } from "./Failure.ts"
import * as Head from "./Head.ts"
import type { Skip } from "./Head.ts"
import { settleAll } from "./ledger/Settlement.ts"
import { isOurs } from "./ledger/Thread.ts"
import { PendingPosts } from "./PendingPosts.ts"
import { summarize, type SummaryParts } from "./posted/Summary.ts"
import { postedOutcome } from "./PostedOutcome.ts"
import { ReviewConfig } from "./ReviewConfig.ts"
import { onHead, toOutcome } from "./RunOutcome.ts"
import * as Spending from "./Spending.ts"

const { Reviewed, Skipped } = JobOutcome.cases

/** Tells the pull request why there is no review. Where the forge takes no comment now, it is not told. */
const tell = Effect.fnUntraced(function*(job: Job, known: OwnPosts, why: string) {
  const { settings: { dryRun } } = yield* ReviewConfig
  if (dryRun) return
  yield* ensureWanted
  yield* (yield* Forge).reply(job.event, job.id, why, known).pipe(
    Effect.catchTag(
      "ForgeError",
      ({ message }) => Effect.logWarning(`The reason for not reviewing could not be posted: ${message}`)
    )
  )
})

/** Ends without a review. A person who asked for one is told why; nothing is posted for a lifecycle event. */
const skip = Effect.fnUntraced(function*(job: Job, known: OwnPosts, { detail, headSha, reason }: Skip) {
  if (job.event._tag === "Comment") yield* tell(job, known, `There is nothing to review: ${detail}.`)
  return Skipped.make({ reason, detail, headSha })
})

/** Ends without a review because a limit of dollars was used up before there was one. It uses no attempt. */
const skipForLimit = Effect.fnUntraced(function*(job: Job, known: OwnPosts, limit: SpendLimit, headSha: Sha) {
  const detail = Spending.usedUp(limit)
  if (yield* Spending.announcesLimit(job, limit)) yield* tell(job, known, `There is no review: ${detail}.`)
  return Skipped.make({ reason: "limit-reached", detail, headSha })
})

/**
 * Posts the fallback if the model's answer is no review: that there is none, and the summary if it could be read. Where
 * the forge takes no comment now, the job's notice tells so later: the model is not asked again.
 */
const giveFallback = Effect.fnUntraced(function*(job: Job, known: OwnPosts, { text, why }: UnreadableAnswer) {
  const { settings: { dryRun } } = yield* ReviewConfig
  if (!dryRun) {
    yield* ensureWanted
    yield* (yield* Forge).reply(job.event, job.id, fallback(text), known).pipe(
      Effect.catchTag("ForgeError", ({ message }) => Effect.logWarning(`No comment could be posted now: ${message}`))
    )
  }
  return failed(Failure.cases.Model.make({ reason: "no-review", detail: why }), false)
})

/**
 * True for a review that tells nobody anything new, and that nobody has asked for: with one sticky summary, it is written
 * over the last one.
 */
const isQuiet = (job: Job, { cut, folded, inline, unplaced }: SummaryParts, { summary }: ReviewSettings): boolean =>
  summary !== "each" && job.event._tag === "Lifecycle" && job.event.again === undefined &&
  inline.length + folded.length + cut.length + unplaced.length === 0

/** Closes the findings that are no longer open, posts a review and keeps its conversation. */
const publish = Effect.fn("Review.publish")(
  function*(job: Job, { discussions, posts }: PullRequestView, review: DraftedReview, now: PullRequest) {
    const { settings } = yield* ReviewConfig
    const { conversation, parts, usage } = review
    const { coverage, cut, folded, headSha, inline, settlements } = parts
    const inSummary = [...folded, ...cut].map(({ fingerprint }) => fingerprint)
    const fixed = settlements.filter(({ finding }) => finding.inSummary).map(({ finding }) => finding.fingerprint)
    const draft = new ReviewDraft({
      jobId: job.id,
      pullRequest: job.event.pullRequest,
      headSha,
      scope: scopeOf(job),
      summary: summarize(parts, now),
      comments: inline.map((comment) => new InlineComment(comment)),
      folded: inSummary,
      ...(fixed.length === 0 ? {} : { fixed }),
      ...(isQuiet(job, parts, settings) ? { inPlace: true } : {}),
      event: job.event
    })
    yield* ensureWanted
    yield* settleAll(job, headSha, settlements, { discussions, isOurs: isOurs(job, settings) })
    const posted = yield* (yield* Forge).publish(draft, posts)
    yield* History.save(job.lane, { ...conversation, headSha })
    yield* CommitChecks.reviewed(job, { parts, posted, usage })
    return Reviewed.make({
      headSha,
      findings: posted.inline + posted.folded + (posted.alreadyPosted ? 0 : inSummary.length),
      ...(posted.url === undefined ? {} : { url: posted.url }),
      alreadyPosted: posted.alreadyPosted,
      usage,
      coverage: countsOf(coverage)
    })
  }
)

/** Reason not to post a finished review: the pull request was closed, or has a newer head that has its review. */
const outdated = Effect.fnUntraced(function*(job: Job, { parts: { headSha } }: DraftedReview, now: PullRequest) {
  if (now.state === "closed") {
    const skip: Skip = {
      reason: "closed",
      detail: "the pull request was closed while it was being reviewed",
      headSha: now.headSha
    }
    return Option.some(skip)
  }
  if (job.event._tag === "Comment" || now.headSha === headSha) return Option.none()
  const known = yield* (yield* Forge).ownPosts(job.event.pullRequest, job.id)
  return Option.map(Head.reviewOf(known, now.headSha), Head.headReviewed)
})

/** Logs what became of the findings of a review, and what it cost. */
const logReview = ({ tally, usage: { costUsd, usage } }: DraftedReview) =>
  Effect.logInfo("Findings of a review").pipe(Effect.annotateLogs({
    ...tally,
    tokens: usage.total,
    cached: usage.cacheRead,
    ...(costUsd === undefined ? {} : { dollars: costUsd.toFixed(4) })
  }))

/**
 * Brings a review to the pull request as it is by now. If it has to wait for the forge, it is kept for the next run. Where
 * it cannot be kept, the next run reviews again: the longer rest of such runs bounds how often the model is paid for it.
 */
const finish = Effect.fnUntraced(
  function*(job: Job, view: PullRequestView, review: DraftedReview) {
    const { settings: { dryRun } } = yield* ReviewConfig
    const now = yield* (yield* Forge).pullRequest(job.event.pullRequest)
    const skipped = yield* outdated(job, review, now)
    if (Option.isSome(skipped)) return yield* skip(job, view.posts, skipped.value)
    yield* logReview(review)
    if (!dryRun) return yield* publish(job, view, review, now)
    const { parts, usage } = review
    const { coverage, cut, folded, headSha, inline } = parts
    const text = yield* notPosted(summarize(parts, now), inline)
    const findings = inline.length + folded.length + cut.length
    return Reviewed.make({ headSha, findings, alreadyPosted: false, usage, coverage: countsOf(coverage), text })
  },
  (effect, job, _view, review) =>
    Effect.catchTag(effect, "ForgeError", (error) =>
      Effect.gen(function*() {
        const outcome = yield* forgeFailed(job.event.pullRequest, error)
        if (outcome._tag === "Failed") return outcome
        yield* (yield* PendingPosts).keep(job.id, review)
        return outcome
      }))
)

/** The outcome of a job whose review an earlier run has posted, or has left to be posted. */
const earlierRun = Effect.fnUntraced(function*(job: Job, view: PullRequestView) {
  const { review } = view.posts
  if (Option.isSome(review)) return Option.some<JobOutcome>(postedOutcome(review.value))
  const pending = yield* (yield* PendingPosts).take(job.id)
  return Option.isNone(pending)
    ? Option.none<JobOutcome>()
    : Option.some<JobOutcome>(yield* finish(job, view, pending.value))
})

/** Reviews the head that the pull request has. */
const reviewHead = Effect.fnUntraced(function*(job: Job, view: PullRequestView) {
  const known = view.posts
  const found = yield* Head.find(job, view)
  if (found._tag === "Skip") return yield* skip(job, known, found)
  yield* CommitChecks.begin(job, found.pullRequest.headSha)
  const drafted = yield* draft(job, { ...view, pullRequest: found.pullRequest })
  if (drafted._tag === "Nothing") {
    const { detail, reason } = drafted
    return yield* skip(job, known, { reason, detail, headSha: found.pullRequest.headSha })
  }
  if (drafted._tag === "LimitReached") {
    return yield* skipForLimit(job, known, drafted.limit, found.pullRequest.headSha)
  }
  return drafted._tag === "Unreadable" ? yield* giveFallback(job, known, drafted) : yield* finish(job, view, drafted)
})

/**
 * Reviews a job's pull request, from the job to the posted result. The head is reviewed that the pull request has now,
 * whatever the job's event said; a lifecycle event's head is reviewed once. A review is posted once, however often its
 * job is run. Whatever goes wrong is in the outcome, in one line. A run that lost its lease posts nothing; on a dry run
 * nothing is posted and nothing is kept.
 */
export const review = Effect.fn("Review.review")(
  function*(job: Job) {
    yield* Effect.annotateCurrentSpan({ job: job.id, pullRequest: String(job.event.pullRequest) })
    yield* ensureWanted
    const view = yield* (yield* Forge).look(job.event.pullRequest, job.id)
    const earlier = yield* earlierRun(job, view)
    const result: JobOutcome = Option.isSome(earlier)
      ? earlier.value
      : yield* onHead(view, (now) => reviewHead(job, now))
    yield* CommitChecks.conclude(job, view, result)
    return result
  },
  (effect, { event }) => toOutcome(event)(effect)
)
