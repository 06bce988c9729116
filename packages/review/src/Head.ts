import type { Job, SkipReason } from "@nominal-code/domain/Job"
import type { PullRequest, Sha } from "@nominal-code/domain/PullRequest"
import { Forge, type OwnPosts, type ReviewedHead } from "@nominal-code/forge/Forge"
import { Effect, Option } from "effect"

/** Why a pull request is not reviewed now. */
export interface Skip {
  readonly reason: SkipReason
  /** A sentence's end for people. */
  readonly detail: string
  readonly headSha: Sha
}

/** What a job finds on its pull request. */
export type HeadStatus =
  | { readonly _tag: "Head"; readonly pullRequest: PullRequest }
  | ({ readonly _tag: "Skip" } & Skip)

/** A forge may answer with the state before the event that it has delivered. Then it is asked once more, after this. */
const forgeLag = "3 seconds"

const short = (sha: Sha): string => sha.slice(0, 7)

/** The review that counts as the one of a commit, if it has one. */
export const reviewOf = (known: OwnPosts, headSha: Sha): Option.Option<ReviewedHead> =>
  Option.fromUndefinedOr(known.reviewedHeads.find((reviewed) => reviewed.headSha === headSha))

/** A lifecycle event's head that has its review already. */
export const headReviewed = ({ headSha, jobId }: ReviewedHead): Skip => ({
  reason: "head-reviewed",
  detail: `commit ${short(headSha)} has the review of job ${jobId}`,
  headSha
})

/** What people ask for is done whatever was reviewed before. A lifecycle event only says that a head may need a review. */
const skipOf = ({ event }: Job, known: OwnPosts, { draft, headSha, state }: PullRequest): Option.Option<Skip> => {
  if (state !== "open") return Option.some({ reason: state, detail: `the pull request is ${state}`, headSha })
  if (event._tag === "Comment") return Option.none()
  if (draft) return Option.some({ reason: "draft", detail: "the pull request is a draft", headSha })
  return Option.map(reviewOf(known, headSha), headReviewed)
}

/** Whether the event says that the forge's answer is, or soon will be, another one. */
const isBehind = ({ event }: Job, known: OwnPosts, { headSha, reason }: Skip): boolean => {
  if (event._tag === "Comment") return false
  if (reason === "draft") return event.kind === "pr_ready_for_review"
  if (reason === "closed") return event.kind === "pr_reopened"
  return reason === "head-reviewed" && event.headSha !== headSha && Option.isNone(reviewOf(known, event.headSha))
}

/** Reads the pull request as it is now, whatever its event said, and decides whether its head needs a review. */
export const find = Effect.fn("Head.find")(function*(job: Job, known: OwnPosts) {
  const forge = yield* Forge
  const read = Effect.map(
    forge.pullRequest(job.event.pullRequest),
    (pullRequest): HeadStatus =>
      Option.match(skipOf(job, known, pullRequest), {
        onNone: () => ({ _tag: "Head", pullRequest }),
        onSome: (skip) => ({ _tag: "Skip", ...skip })
      })
  )
  const found = yield* read
  return found._tag === "Skip" && isBehind(job, known, found) ? yield* Effect.delay(read, forgeLag) : found
})
