import type { Conversation } from "@nominal-code/domain/Conversation"
import type { JobId } from "@nominal-code/domain/Job"
import type { ReviewDraft } from "@nominal-code/domain/Review"
import type { UsageSummary } from "@nominal-code/domain/Usage"
import { Context, Effect, Option } from "effect"

/** A review that is done, and what is kept of the conversation that led to it. */
export interface Done {
  readonly draft: ReviewDraft
  /** Findings that are in the draft's summary, since they have no place in the diff. */
  readonly folded: number
  readonly conversation: Conversation
  readonly usage: UsageSummary
}

/** Reviews beyond this are forgotten, the oldest first: their jobs do them again. */
const most = 50

/** Reviews that are done and could not be posted. */
export interface UnpostedReviews {
  keep(jobId: JobId, done: Done): Effect.Effect<void>
  /** The job's review, once. */
  take(jobId: JobId): Effect.Effect<Option.Option<Done>>
}

const inMemory = (): UnpostedReviews => {
  const kept = new Map<JobId, Done>()
  return {
    keep: (jobId, done) =>
      Effect.sync(() => {
        kept.set(jobId, done)
        for (const oldest of [...kept.keys()].slice(0, Math.max(0, kept.size - most))) kept.delete(oldest)
      }),
    take: (jobId) =>
      Effect.sync(() => {
        const done = Option.fromUndefinedOr(kept.get(jobId))
        kept.delete(jobId)
        return done
      })
  }
}

/**
 * The unposted reviews of this process: the next attempt of their job posts what is there, and asks no model again.
 * Another process does the review again.
 */
export const Unposted = Context.Reference<UnpostedReviews>("@nominal-code/review/Unposted", { defaultValue: inMemory })
