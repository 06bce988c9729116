import { Failure } from "@nominal-code/domain/job/Failure"
import { JobOutcome } from "@nominal-code/domain/job/Job"
import { type Notice, NoticeOutcome } from "@nominal-code/domain/job/Notice"
import { endingWithin } from "@nominal-code/domain/job/RunDeadline"
import { MayHaveEarlierRuns, RunStillWanted } from "@nominal-code/domain/job/RunStillWanted"
import * as RunWaits from "@nominal-code/domain/job/RunWaits"
import { Duration, Effect } from "effect"
import type { Lease, RenewalResult } from "../JobQueue.ts"
import type { JobRunner } from "../JobRunner.ts"
import type { HeldLease } from "./HeldLease.ts"
import { forgesOf } from "./RunSettlement.ts"

const noticeLimit = Duration.minutes(1)

const mustStop = (renewed: RenewalResult): renewed is Exclude<RenewalResult, "kept"> => renewed !== "kept"

const overdue = (what: string, limit: Duration.Duration) =>
  Failure.cases.Deadline.make({ detail: `${what} longer than its deadline of ${Duration.format(limit)}` })

/** Makes the tries of a lease's task: each is watched with its lease, and ends within its deadline. */
export const makeAttempts = (
  runner: JobRunner["Service"],
  { isWanted, keep }: HeldLease,
  deadline: Duration.Duration
) => {
  /** One run; its outcome, or the reason why it was stopped. */
  const run = Effect.fnUntraced(function*(lease: Lease) {
    const waits = yield* RunWaits.make
    return yield* runner.run(lease.job, lease.run).pipe(
      Effect.provideService(RunWaits.RunWaits, waits),
      Effect.provideService(RunStillWanted, isWanted(lease, waits)),
      Effect.provideService(MayHaveEarlierRuns, lease.run > 1 || lease.losses > 0),
      endingWithin(deadline),
      Effect.timeoutOrElse({
        duration: deadline,
        orElse: () =>
          Effect.succeed(JobOutcome.cases.Failed.make({ failure: overdue("it took", deadline), retryable: true }))
      }),
      Effect.catchCause((cause) => {
        const detail = `an unexpected error; the server's log has it under job ${lease.job.id}`
        return Effect.as(
          Effect.logError("the job runner failed unexpectedly", cause),
          JobOutcome.cases.Failed.make({ failure: Failure.cases.Bug.make({ detail }), retryable: true })
        )
      }),
      Effect.raceFirst(keep(lease, mustStop, waits))
    )
  })

  /** One attempt to post a notice; its outcome, or the reason why it was stopped. */
  const tell = (lease: Lease, notice: Notice) =>
    runner.postNotice(lease.job, notice).pipe(
      Effect.provideService(RunStillWanted, isWanted(lease)),
      Effect.timeoutOrElse({
        duration: noticeLimit,
        orElse: () => {
          const [service] = forgesOf(runner.needs(lease.lane))
          const failure = overdue("telling it took", noticeLimit)
          return Effect.succeed(
            service === undefined
              ? NoticeOutcome.cases.Refused.make({ detail: failure.detail })
              : NoticeOutcome.cases.Postponed.make({ failure, service })
          )
        }
      }),
      Effect.catchCause((cause) =>
        Effect.as(
          Effect.logError("the job runner failed unexpectedly", cause),
          NoticeOutcome.cases.Refused.make({ detail: "an unexpected error" })
        )
      ),
      Effect.raceFirst(keep(lease, mustStop))
    )

  return { run, tell }
}
