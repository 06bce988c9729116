import { AppConfig } from "@nominal-code/config/AppConfig"
import { Failure, failureText } from "@nominal-code/domain/Failure"
import { JobOutcome, type Notice } from "@nominal-code/domain/Job"
import { RunStillWanted } from "@nominal-code/domain/RunStillWanted"
import { Duration, Effect, Exit, Metric, Option, Random, Schedule } from "effect"
import { JobQueue, type Lease, QueueLimits, type Renewed, Settlement } from "./JobQueue.ts"
import { JobRunner } from "./JobRunner.ts"

const finished = Metric.counter("nominal_jobs_total", { description: "Runs of jobs, by how they ended" })
const count = (state: "done" | "skipped" | "retried" | "parked" | "cancelled" | "released" | "lost") =>
  Metric.update(Metric.withAttributes(finished, { state }), 1)

/** What happened is recorded, if need be with some patience; less than the lease lasts, for nobody renews it any more. */
const settling = Schedule.exponential("100 millis").pipe(Schedule.upTo({ times: 6 }))

/** A renewal is tried again until the lease has run out. */
const renewing = Schedule.spaced("1 second")

const noticeLimit = Duration.minutes(1)

/**
 * A job is given up when it has lost its process this often without ever ending. High, for a process mostly dies of
 * something else; the queue makes such a job wait ever longer, so that the others get done meanwhile.
 */
const maxLosses = 60

/** 10 s before the second attempt, then three times as long each time, at most 5 min; a fifth more or less by chance. */
const retryDelay = (attempt: number) =>
  Effect.map(
    Random.nextBetween(0.8, 1.2),
    (factor) => Duration.millis(Math.round(Math.min(10_000 * 3 ** (attempt - 1), 300_000) * factor))
  )

const retryable = (failure: Failure) => JobOutcome.cases.Failed.make({ failure, retryable: true })

const isLost = (renewed: Renewed): renewed is "lost" => renewed === "lost"
const mustStop = (renewed: Renewed): renewed is Exclude<Renewed, "kept"> => renewed !== "kept"

/** An attempt that brought nothing. `lost`: it was ended from outside. */
interface Attempted {
  readonly failure: Failure
  readonly retryable: boolean
  readonly lost: boolean
}

/** Restores the interruptibility of the place that masked it. */
type Restore = <A, E, R>(effect: Effect.Effect<A, E, R>) => Effect.Effect<A, E, R>

/** Makes the function that runs a job under its lease and settles it, whatever happens. To be called uninterruptibly. */
export const make = Effect.gen(function*() {
  const { jobs: { deadline, maxAttempts } } = yield* AppConfig
  const { leaseDuration, renewEvery } = yield* QueueLimits
  const queue = yield* JobQueue
  const runner = yield* JobRunner

  /** Keeps the lease until a renewal says so, or it must be taken for lost; and ends only then. */
  const keep = <R extends Renewed>(lease: Lease, until: (renewed: Renewed) => renewed is R) =>
    queue.renew(lease).pipe(
      Effect.tapError((error) => Effect.logWarning(`the lease could not be renewed: ${error.message}`)),
      Effect.retry(renewing),
      Effect.timeoutOrElse({
        duration: Duration.subtract(leaseDuration, renewEvery),
        orElse: () => Effect.succeed<Renewed>("lost")
      }),
      Effect.delay(renewEvery),
      Effect.repeat({ until })
    )

  /** Asks the queue, and not the clock: the queue is where another process would have taken the lease. */
  const stands = (lease: Lease): Effect.Effect<boolean> =>
    queue.renew(lease).pipe(
      Effect.retry(renewing),
      Effect.map((renewed) => renewed === "kept"),
      Effect.timeoutOrElse({
        duration: Duration.subtract(leaseDuration, renewEvery),
        orElse: () => Effect.succeed(false)
      }),
      Effect.orElseSucceed(() => false)
    )

  /** One attempt, or why it was stopped. */
  const attempt = (lease: Lease) =>
    runner.run(lease.job, lease.run).pipe(
      Effect.provideService(RunStillWanted, stands(lease)),
      Effect.timeoutOrElse({
        duration: deadline,
        orElse: () =>
          Effect.succeed(
            retryable(
              Failure.cases.Deadline.make({
                detail: `it took longer than its deadline of ${Duration.format(deadline)}`
              })
            )
          )
      }),
      Effect.catchCause((cause) =>
        Effect.as(
          Effect.logError("the job runner failed unexpectedly", cause),
          retryable(
            Failure.cases.Bug.make({ detail: `an unexpected error; the server's log has it under job ${lease.job.id}` })
          )
        )
      ),
      Effect.raceFirst(keep(lease, mustStop))
    )

  /** Whether it was recorded. If not, the job is recovered when its lease has run out. */
  const settle = (lease: Lease, settlement: Settlement) =>
    queue.settle(lease, settlement).pipe(
      Effect.retry(settling),
      Effect.tap((settled) => settled ? Effect.void : Effect.logWarning("the lease was lost; another run decides")),
      Effect.catch((error) =>
        Effect.as(Effect.logError(`how the job ended could not be stored, it will run again: ${error.message}`), false)
      )
    )

  /** The job stays as a notice, which a later turn of its lane posts. */
  const giveUp = Effect.fnUntraced(function*(lease: Lease, failure: Failure) {
    if (!(yield* settle(lease, Settlement.cases.GiveUp.make({ failure })))) return
    yield* Effect.logError(`given up: ${failureText(failure)}`)
    yield* count("parked")
  })

  const tell = Effect.fnUntraced(function*(lease: Lease, notice: Notice, restore: Restore) {
    if (notice._tag === "GivenUp") {
      yield* restore(runner.giveUp(lease.job, notice.failure)).pipe(
        Effect.timeout(noticeLimit),
        Effect.catchCause((cause) =>
          Effect.logError("the pull request could not be told that its job was given up", cause)
        )
      )
    }
    yield* settle(lease, Settlement.cases.Park.make({}))
  })

  const fail = Effect.fnUntraced(function*(
    lease: Lease,
    { failure, lost, retryable }: Attempted
  ) {
    const reason = failureText(failure)
    if (!retryable || lease.attempt >= maxAttempts) return yield* giveUp(lease, failure)
    // The first loss may be chance; whoever meets it again waits as for any other failure.
    const delay = lost && lease.attempt === 1 ? Duration.zero : yield* retryDelay(lease.attempt)
    if (!(yield* settle(lease, Settlement.cases.Retry.make({ failure, delay })))) return
    yield* Effect.logWarning(
      `attempt ${lease.attempt} of ${maxAttempts} failed, next in ${Duration.format(delay)}: ${reason}`
    )
    yield* count("retried")
  })

  const done = Effect.fnUntraced(function*(lease: Lease, outcome: JobOutcome, text: string) {
    if (!(yield* settle(lease, Settlement.cases.Done.make({ outcome })))) return
    yield* Effect.logInfo(text)
    yield* count(outcome._tag === "Skipped" ? "skipped" : "done")
  })

  const finish = (lease: Lease, outcome: JobOutcome) =>
    JobOutcome.match(outcome, {
      Reviewed: (reviewed) => done(lease, reviewed, `reviewed: ${reviewed.findings} finding(s)`),
      Skipped: (skipped) => done(lease, skipped, `skipped: ${skipped.detail}`),
      Failed: ({ failure, retryable }) => fail(lease, { failure, retryable, lost: false }),
      Postponed: ({ failure }) => fail(lease, { failure, retryable: true, lost: false }),
      Lost: ({ failure }) => fail(lease, { failure, retryable: true, lost: true })
    })

  const lose = Effect.andThen(
    Effect.logWarning("the lease was lost: the run was stopped, another process has the job"),
    count("lost")
  )

  const release = (lease: Lease) => Effect.andThen(settle(lease, Settlement.cases.Release.make({})), count("released"))

  /** Nothing of it runs here any more. If this process ends before the rest does, the next one goes on with it. */
  const cancel = Effect.fnUntraced(function*(lease: Lease, restore: Restore) {
    yield* Effect.logInfo("cancelled: ending what still runs of it")
    const exit = yield* runner.cancel(lease.job).pipe(
      Effect.catchCause((cause) => Effect.logError("the job runner failed unexpectedly", cause)),
      Effect.raceFirst(keep(lease, isLost)),
      restore,
      Effect.exit
    )
    if (Exit.isFailure(exit)) return yield* release(lease)
    if (exit.value === "lost") return yield* lose
    if (!(yield* settle(lease, Settlement.cases.Park.make({})))) return
    yield* Effect.logInfo("cancelled, and parked")
    yield* count("cancelled")
  })

  return (lease: Lease, restore: Restore): Effect.Effect<void> =>
    Effect.gen(function*() {
      if (Option.isSome(lease.stop)) return yield* cancel(lease, restore)
      if (lease.task._tag === "Notice") return yield* tell(lease, lease.task.notice, restore)
      if (lease.losses >= maxLosses) {
        return yield* giveUp(
          lease,
          Failure.cases.Crash.make({
            detail: `the process that ran it ended ${lease.losses} times before the job did`
          })
        )
      }
      yield* Effect.logInfo(`attempt ${lease.attempt} starts`)
      const exit = yield* Effect.exit(restore(attempt(lease)))
      if (Exit.isFailure(exit)) {
        if (!Exit.hasInterrupts(exit)) yield* Effect.logError("the job could not be run", exit.cause)
        return yield* release(lease)
      }
      if (exit.value === "lost") return yield* lose
      if (exit.value === "cancelled" || exit.value === "superseded") return yield* cancel(lease, restore)
      yield* finish(lease, exit.value)
    }).pipe(
      Effect.annotateLogs({ job: lease.job.id, delivery: lease.job.delivery, attempt: lease.attempt })
    )
})
