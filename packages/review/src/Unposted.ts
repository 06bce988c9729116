import type { JobId } from "@nominal-code/domain/Job"
import { Context, Effect, Option } from "effect"
import type { DraftedReview } from "./Drafting.ts"

/** Reviews beyond this are forgotten, the oldest first: their jobs do them again. */
const most = 50

/** Reviews that are done and could not be posted. */
export interface UnpostedReviews {
  keep(jobId: JobId, review: DraftedReview): Effect.Effect<void>
  /** The job's review, once. */
  take(jobId: JobId): Effect.Effect<Option.Option<DraftedReview>>
}

const inMemory = (): UnpostedReviews => {
  const kept = new Map<JobId, DraftedReview>()
  return {
    keep: (jobId, review) =>
      Effect.sync(() => {
        kept.set(jobId, review)
        for (const oldest of [...kept.keys()].slice(0, Math.max(0, kept.size - most))) kept.delete(oldest)
      }),
    take: (jobId) =>
      Effect.sync(() => {
        const review = Option.fromUndefinedOr(kept.get(jobId))
        kept.delete(jobId)
        return review
      })
  }
}

/**
 * The unposted reviews of this process: the next attempt of their job posts what is there, and asks no model again.
 * Another process does the review again.
 */
export const Unposted = Context.Reference<UnpostedReviews>("@nominal-code/review/Unposted", { defaultValue: inMemory })
