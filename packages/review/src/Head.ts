import { hasLabel, type PullRequest, type Sha } from "@nominal-code/domain/event/PullRequest"
import type { Job, SkipReason } from "@nominal-code/domain/job/Job"
import type { ReviewSettings } from "@nominal-code/domain/settings/ReviewSettings"
import { Forge, type OwnPosts, type PullRequestView, type ReviewedHead } from "@nominal-code/forge/Forge"
import { codeSpan } from "@nominal-code/forge/Markdown"
import { Effect, Option } from "effect"
import { filteredByServer } from "./context/RepositoryConfig.ts"
import { ReviewConfig } from "./ReviewConfig.ts"

/** Reason not to review a pull request now. */
export interface Skip {
  readonly reason: SkipReason
  /** End of a sentence for people. */
  readonly detail: string
  readonly headSha: Sha
}

/** State of a pull request for a job. */
export type HeadStatus =
  | { readonly _tag: "Head"; readonly pullRequest: PullRequest }
  | ({ readonly _tag: "Skip" } & Skip)

/** Delay before the forge is asked again, if its answer shows the state before the delivered event. */
const forgeLag = "3 seconds"

/** States in which a forge may be that does not show a push yet. */
const lagging: ReadonlySet<SkipReason | "open"> = new Set(["open", "closed", "draft", "head-reviewed"])

const short = (sha: Sha): string => sha.slice(0, 7)

/** Finds the review that counts as the review of a commit. */
export const reviewOf = (known: OwnPosts, headSha: Sha): Option.Option<ReviewedHead> =>
  Option.fromUndefinedOr(known.reviewedHeads.find((reviewed) => reviewed.headSha === headSha))

/** Finds the review of a commit that a request to review it again has had, by a job that was replaced since. */
const reviewFor = (again: string, known: OwnPosts, headSha: Sha): Option.Option<ReviewedHead> => {
  const replaced = again.split(" ")
  return Option.fromUndefinedOr(
    known.reviewedHeads.find((reviewed) => reviewed.headSha === headSha && replaced.includes(reviewed.jobId))
  )
}

/** Skip of a lifecycle event whose head has its review already. */
export const headReviewed = ({ headSha, jobId }: ReviewedHead): Skip => ({
  reason: "head-reviewed",
  detail: `commit ${short(headSha)} has the review of job ${jobId}`,
  headSha
})

/**
 * Decides if a job is skipped. A person's request never is for an earlier review; a lifecycle event only says that a
 * head may need one.
 */
const skipOf = (
  { event }: Job,
  known: OwnPosts,
  pullRequest: PullRequest,
  settings: ReviewSettings
): Option.Option<Skip> => {
  const { draft, headSha, labels = [], state } = pullRequest
  const { ignoreLabel } = settings
  if (state !== "open") return Option.some({ reason: state, detail: `the pull request is ${state}`, headSha })
  if (known.mode === "ignored") {
    const detail = "the pull request is ignored until somebody mentions me with `resume`"
    return Option.some({ reason: "ignored", detail, headSha })
  }
  if (hasLabel(labels, ignoreLabel)) {
    const detail = `the pull request is ignored as long as it has the label ${codeSpan(ignoreLabel)}`
    return Option.some({ reason: "ignored", detail, headSha })
  }
  if (event._tag === "Comment") return Option.none()
  if (known.mode === "paused") {
    return Option.some({ reason: "paused", detail: "its automatic reviews are paused", headSha })
  }
  if (draft) return Option.some({ reason: "draft", detail: "the pull request is a draft", headSha })
  const filtered = filteredByServer(event, pullRequest, settings)
  if (Option.isSome(filtered)) return Option.some({ reason: "filtered", detail: filtered.value, headSha })
  // Asked for again: by a label, another base, or the check's "Re-run".
  const { again } = event
  return Option.map(again === undefined ? reviewOf(known, headSha) : reviewFor(again, known, headSha), headReviewed)
}

/** Events after which a pull request is open. A forge that shows it as closed may be behind. */
const opening: ReadonlySet<string> = new Set(["pr_push", "pr_reopened", "pr_ready_for_review"])

/** Events after which it may be no draft, though the forge shows one. */
const readying: ReadonlySet<string> = new Set(["pr_reopened", "pr_ready_for_review"])

/**
 * True if the event shows that the forge's answer may be outdated. A head that is neither the event's nor reviewed may be
 * the one before it, whose review would leave the event's without one, or the one after it.
 */
const isBehind = ({ event }: Job, known: OwnPosts, found: HeadStatus): boolean => {
  if (event._tag === "Comment") return false
  const reason = found._tag === "Skip" ? found.reason : "open"
  if (reason === "draft" && readying.has(event.kind)) return true
  if (reason === "closed" && opening.has(event.kind)) return true
  const headSha = found._tag === "Skip" ? found.headSha : found.pullRequest.headSha
  return lagging.has(reason) && event.headSha !== headSha && Option.isNone(reviewOf(known, event.headSha))
}

/**
 * Decides whether a pull request's head needs a review. It is read again if what was read is older than the event; the
 * event itself does not say which head there is.
 */
export const find = Effect.fn("Head.find")(function*(job: Job, { posts, pullRequest }: PullRequestView) {
  const { settings } = yield* ReviewConfig
  const status = (pullRequest: PullRequest): HeadStatus =>
    Option.match(skipOf(job, posts, pullRequest, settings), {
      onNone: () => ({ _tag: "Head", pullRequest }),
      onSome: (skip) => ({ _tag: "Skip", ...skip })
    })
  const found = status(pullRequest)
  if (!isBehind(job, posts, found)) return found
  return yield* Forge.use((forge) => Effect.map(forge.pullRequest(job.event.pullRequest), status)).pipe(
    Effect.delay(forgeLag)
  )
})
