import type { JobId } from "@nominal-code/domain/job/Job"
import { Context, Effect, Layer, Option } from "effect"
import type { DraftedReview } from "./Drafting.ts"

/** Number of reviews that are kept. Beyond that the oldest is dropped, and its job is reviewed again. */
const capacity = 50

/** Reviews that are done and not yet posted, by job. */
export interface PendingReviews {
  /** Keeps the job's review, if reviews are kept here. */
  keep(jobId: JobId, review: DraftedReview): Effect.Effect<void>
  /** Removes and returns the job's review. */
  take(jobId: JobId): Effect.Effect<Option.Option<DraftedReview>>
}

/** Makes a store of at most 50 reviews in this process. */
export const makeMemory = (): PendingReviews => {
  const kept = new Map<JobId, DraftedReview>()
  return {
    keep: (jobId, review) =>
      Effect.sync(() => {
        kept.set(jobId, review)
        for (const oldest of [...kept.keys()].slice(0, Math.max(0, kept.size - capacity))) kept.delete(oldest)
      }),
    take: (jobId) =>
      Effect.sync(() => {
        const review = Option.fromUndefinedOr(kept.get(jobId))
        kept.delete(jobId)
        return review
      })
  }
}

const nothingKept: PendingReviews = { keep: () => Effect.void, take: () => Effect.succeedNone }

/**
 * The reviews that a forge's outage kept from being posted: the job's next run in the same process posts them, and
 * the model is not paid twice. By default nothing is kept: a process that runs one job ends with it.
 */
export const PendingPosts = Context.Reference<PendingReviews>("@nominal-code/review/PendingPosts", {
  defaultValue: () => nothingKept
})

export const layerMemory = Layer.sync(PendingPosts, makeMemory)
