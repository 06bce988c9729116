import type { ServiceName } from "@nominal-code/domain/job/Failure"
import type { Job, JobOutcome } from "@nominal-code/domain/job/Job"
import type { Lane } from "@nominal-code/domain/job/Lane"
import type { Notice, NoticeOutcome } from "@nominal-code/domain/job/Notice"
import { withoutSecrets } from "@nominal-code/domain/secret/KnownSecrets"
import { Effect, Layer } from "effect"
import { JobRunner } from "../JobRunner.ts"

/** The functions that run jobs in this process. They are parameters, so that this package knows no reviews. */
export interface InProcessWork<R, R2> {
  review(job: Job): Effect.Effect<JobOutcome, never, R>
  notice(job: Job, notice: Notice): Effect.Effect<NoticeOutcome, never, R2>
  needs(lane: Lane, job?: Job): ReadonlyArray<ServiceName>
}

/** Runs jobs in this process. */
export const layer = <R, R2>(
  { needs, notice, review }: InProcessWork<R, R2>
): Layer.Layer<JobRunner, never, R | R2> =>
  Layer.effect(
    JobRunner,
    Effect.map(Effect.context<R | R2>(), (context) =>
      JobRunner.of({
        run: Effect.fn("InProcessRunner.run")((job: Job) =>
          Effect.flatMap(Effect.provide(review(job), context), withoutSecrets)
        ),
        // What was interrupted is over.
        cancel: () => Effect.void,
        postNotice: Effect.fn("InProcessRunner.postNotice")((job: Job, what: Notice) =>
          Effect.provide(notice(job, what), context)
        ),
        needs,
        outOfProcess: false
      }))
  )
