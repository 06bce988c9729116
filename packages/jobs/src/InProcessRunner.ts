import { Failure } from "@nominal-code/domain/Failure"
import { type Job, JobOutcome } from "@nominal-code/domain/Job"
import { Effect, Layer } from "effect"
import { JobRunner } from "./JobRunner.ts"

/** What running jobs here takes. Both are functions, so that this package knows no reviews. */
export interface InProcessWork<E, R, E2, R2> {
  /** One review. A failure is taken for one that another attempt may not meet. */
  review(job: Job): Effect.Effect<JobOutcome, E, R>
  /** Tells the pull request that its job is given up. */
  notice(job: Job, failure: Failure): Effect.Effect<void, E2, R2>
}

type Explained = { readonly message: string }

/** Runs jobs in this process. */
export const layer = <E extends Explained, R, E2 extends Explained, R2>(
  { notice, review }: InProcessWork<E, R, E2, R2>
): Layer.Layer<JobRunner, never, R | R2> =>
  Layer.effect(
    JobRunner,
    Effect.map(Effect.context<R | R2>(), (context) =>
      JobRunner.of({
        run: Effect.fn("InProcessRunner.run")((job: Job) =>
          review(job).pipe(
            Effect.catch((error) =>
              Effect.succeed(JobOutcome.cases.Failed.make({
                failure: Failure.cases.Bug.make({ detail: error.message }),
                retryable: true
              }))
            ),
            Effect.provide(context)
          )
        ),
        // What was interrupted is over.
        cancel: () => Effect.void,
        giveUp: Effect.fn("InProcessRunner.giveUp")((job: Job, failure: Failure) =>
          notice(job, failure).pipe(
            Effect.catch((error) => Effect.logError(`the pull request could not be told: ${error.message}`)),
            Effect.provide(context)
          )
        )
      }))
  )
