import { Duration, Effect, Schedule } from "effect"
import { JobQueue, type Lease, QueueLimits, type RenewalResult, type Settlement } from "./JobQueue.ts"

/** Restores the interruptibility of the place that masked it. */
export type Restore = <A, E, R>(effect: Effect.Effect<A, E, R>) => Effect.Effect<A, E, R>

/** What became of a lease that was kept. `unreachable`: it could not be renewed, so another process may have it. */
export type LeaseWatchResult = RenewalResult | "unreachable"

/** What is tried even by a process that is asked to end. */
const shutdownRetries = Schedule.exponential("100 millis").pipe(Schedule.upTo({ times: 6 }))

/** Nobody renews a lease that is being settled; but it stands until another process takes it. */
const settleRetries = Schedule.spaced("5 seconds")

/** A renewal is tried again until the lease has run out. */
const renewRetries = Schedule.spaced("1 second")

/** Keeps, checks and settles the leases of this process. */
export const make = Effect.gen(function*() {
  const { leaseDuration, renewEvery } = yield* QueueLimits
  const queue = yield* JobQueue
  const margin = Duration.subtract(leaseDuration, renewEvery)

  /** Renews the lease until a renewal says so, or until it must be taken for lost. */
  const keep = <R extends RenewalResult>(
    lease: Lease,
    until: (renewed: RenewalResult) => renewed is R
  ): Effect.Effect<R | "unreachable"> =>
    queue.renew(lease).pipe(
      Effect.tapError((error) => Effect.logWarning(`the lease could not be renewed: ${error.message}`)),
      Effect.retry(renewRetries),
      Effect.timeoutOrElse({ duration: margin, orElse: () => Effect.succeed<LeaseWatchResult>("unreachable") }),
      Effect.orElseSucceed((): LeaseWatchResult => "unreachable"),
      Effect.delay(renewEvery),
      Effect.repeat({ until: (kept): kept is R | "unreachable" => kept === "unreachable" || until(kept) })
    )

  /** Whether the run under the lease may still change anything. The queue is asked, and not the clock. */
  const isWanted = (lease: Lease): Effect.Effect<boolean> =>
    queue.renew(lease).pipe(
      Effect.retry(renewRetries),
      Effect.map((renewed) => renewed === "kept"),
      Effect.timeoutOrElse({ duration: margin, orElse: () => Effect.succeed(false) }),
      Effect.orElseSucceed(() => false)
    )

  /**
   * Ends the lease; false if it was lost, or if this process is asked to end while the store is away: then the job is
   * recovered when its lease has run out.
   */
  const settle = (lease: Lease, settlement: Settlement, restore: Restore): Effect.Effect<boolean> => {
    const once = queue.settle(lease, settlement)
    return once.pipe(
      Effect.retry(shutdownRetries),
      Effect.catch((error) =>
        Effect.logWarning(`how the job ended cannot be stored, trying again: ${error.message}`).pipe(
          Effect.andThen(restore(Effect.retry(once, { schedule: settleRetries, while: (error) => error.retryable })))
        )
      ),
      Effect.tap((settled) => settled ? Effect.void : Effect.logWarning("the lease was lost; another run decides")),
      Effect.catch(({ message }) => Effect.as(Effect.logError(`how the job ended is not stored: ${message}`), false)),
      Effect.onInterrupt(() => Effect.logError("how the job ended is not stored: it runs again"))
    )
  }

  return { isWanted, keep, settle }
})
