import type { JobId } from "@nominal-code/domain/job/Job"
import { Context, Effect, Latch } from "effect"

interface PendingOffers {
  /** Holds the runs of jobs back, here, until an effect that offers and logs them has ended. */
  hold<A, E, R>(jobs: ReadonlyArray<JobId>, offer: Effect.Effect<A, E, R>): Effect.Effect<A, E, R>
  /** Waits until no offer of a job is under way. */
  passed(job: JobId): Effect.Effect<void>
}

const make = (): PendingOffers => {
  const underWay = new Set<{ readonly jobs: ReadonlySet<JobId>; readonly ended: Latch.Latch }>()
  return {
    hold: (jobs, offer) =>
      Effect.suspend(() => {
        const held = { jobs: new Set(jobs), ended: Latch.makeUnsafe(false) }
        underWay.add(held)
        return Effect.ensuring(
          offer,
          Effect.sync(() => {
            underWay.delete(held)
            held.ended.openUnsafe()
          })
        )
      }),
    passed: (job) =>
      Effect.suspend(() =>
        Effect.forEach([...underWay].filter(({ jobs }) => jobs.has(job)), ({ ended }) => ended.await, {
          concurrency: 1,
          discard: true
        })
      )
  }
}

/**
 * Offers of this process that are not logged yet. A job may be taken before the store has told whoever offered it, so
 * that its run waits here, and the log tells its acceptance before its first attempt.
 */
export const OffersUnderWay = Context.Reference<PendingOffers>("@nominal-code/jobs/OffersUnderWay", {
  defaultValue: make
})
