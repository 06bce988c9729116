import type { JobId } from "@nominal-code/domain/Job"
import { Context, Effect, Layer, Option } from "effect"
import type { DraftedReview } from "./Drafting.ts"

/** Reviews beyond this are forgotten, the oldest first: their jobs do them again. */
const most = 50

/** Reviews that are done and could not be posted. */
export interface UnpostedReviews {
  keep(jobId: JobId, review: DraftedReview): Effect.Effect<void>
  /** The job's review, once. */
  take(jobId: JobId): Effect.Effect<Option.Option<DraftedReview>>
}

/** A place for at most 50 of them. */
export const makeMemory = (): UnpostedReviews => {
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

const forgotten: UnpostedReviews = { keep: () => Effect.void, take: () => Effect.succeedNone }

/**
 * The reviews that the next attempt of their job only has to post, so that it asks no model again. Nothing is kept
 * unless a program that outlives a job provides `layerMemory`; what another process could not post is done again here.
 */
export const Unposted = Context.Reference<UnpostedReviews>("@nominal-code/review/Unposted", {
  defaultValue: () => forgotten
})

/** Kept by this process. */
export const layerMemory = Layer.sync(Unposted, makeMemory)
