import { RunWaits } from "@nominal-code/domain/job/RunWaits"
import type { StoreError } from "@nominal-code/persistence/StoreError"
import { Clock, Duration, Effect, Exit, Option, Schedule } from "effect"
import {
  JobQueue,
  type Lease,
  QueueLimits,
  type RenewalResult,
  type RunLocation,
  type SettledLease,
  Settlement
} from "../JobQueue.ts"
import { beforeTheEnd, shutdownRetries } from "../lane/GivingBack.ts"

/** Function that restores the interruptibility of the caller's region. */
export type RestoreFunction = <A, E, R>(effect: Effect.Effect<A, E, R>) => Effect.Effect<A, E, R>

/** Result of keeping a lease alive. `unreachable`: it could not be renewed, so another process may have it. */
export type LeaseWatchResult = RenewalResult | "unreachable"

/** Retries of a settlement. The lease is not renewed meanwhile, but stays valid until another process takes it. */
const settleRetries = Schedule.spaced("5 seconds")

/** Retries of a renewal, until the lease has run out. */
const renewRetries = Schedule.spaced("1 second")

/** Time in which a lease is as long as it was when it was asked for. */
const fresh = Duration.seconds(1)

const ended = (settled: boolean): SettledLease => ({ settled, next: Option.none() })

/** Makes the functions that keep, check and settle the leases of this process. */
export const make = Effect.gen(function*() {
  const { leaseDuration, renewEvery } = yield* QueueLimits
  const queue = yield* JobQueue
  const margin = Duration.subtract(leaseDuration, renewEvery)

  /** Renews the lease once, and tells what its run waits for. */
  const renew = (lease: Lease, { current }: RunWaits) =>
    Effect.flatMap(current, (service) => queue.renew(lease, Option.getOrUndefined(service)))

  /** Renews the lease until a renewal says to stop, or until it has to be considered lost. */
  const keep = <R extends RenewalResult>(
    lease: Lease,
    until: (renewed: RenewalResult) => renewed is R,
    waits = RunWaits.defaultValue()
  ): Effect.Effect<R | "unreachable"> =>
    renew(lease, waits).pipe(
      Effect.tapError((error) => Effect.logWarning(`the lease could not be renewed: ${error.message}`)),
      Effect.retry(renewRetries),
      Effect.timeoutOrElse({ duration: margin, orElse: () => Effect.succeed<LeaseWatchResult>("unreachable") }),
      Effect.orElseSucceed((): LeaseWatchResult => "unreachable"),
      Effect.delay(renewEvery),
      Effect.repeat({ until: (kept): kept is R | "unreachable" => kept === "unreachable" || until(kept) })
    )

  /** Asks the queue if the run under the lease may still change anything. The clock does not decide. */
  const isWanted = (lease: Lease, waits = RunWaits.defaultValue()): Effect.Effect<boolean> =>
    renew(lease, waits).pipe(
      Effect.retry(renewRetries),
      Effect.map((renewed) => renewed === "kept"),
      Effect.timeoutOrElse({ duration: margin, orElse: () => Effect.succeed(false) }),
      Effect.orElseSucceed(() => false)
    )

  /** Tries a settlement again until this process is asked to end, and then for the time of a shutdown. */
  const again = (once: Effect.Effect<SettledLease, StoreError>, restore: RestoreFunction) =>
    Effect.suspend(() => {
      let hasWaited = false
      const waiting = Effect.suspend(() => {
        hasWaited = true
        return Effect.retry(once, { schedule: settleRetries, while: ({ retryable }) => retryable })
      })
      return Effect.flatMap(Effect.exit(restore(waiting)), (exit) =>
        // A process that ends already has had that time.
        hasWaited && Exit.hasInterrupts(exit)
          ? Effect.flatMap(beforeTheEnd(once), Option.match({ onNone: () => exit, onSome: Effect.succeed }))
          : exit)
    })

  /** Carries a settlement out, however long the store is away, unless this process ends. */
  const persistently = (
    once: Effect.Effect<SettledLease, StoreError>,
    restore: RestoreFunction
  ): Effect.Effect<SettledLease> =>
    once.pipe(
      Effect.retry(shutdownRetries),
      Effect.catch((error) =>
        Effect.andThen(
          Effect.logWarning(`the outcome cannot be stored, trying again: ${error.message}`),
          again(once, restore)
        )
      ),
      Effect.tap(({ settled }) => settled ? Effect.void : Effect.logWarning("the lease was lost; another run decides")),
      Effect.catch(({ message }) => Effect.as(Effect.logError(`the outcome is not stored: ${message}`), ended(false))),
      Effect.onInterrupt(() => Effect.logError("the outcome is not stored: the job runs again"))
    )

  /**
   * The next lease, renewed if it may be some time since it was given; none if another process has the job by now. One that
   * the store does not answer for is given back, or the job would wait until it has run out, and count it as a loss.
   */
  const renewed = Effect.fnUntraced(function*(
    { next, settled }: SettledLease,
    asked: number,
    restore: RestoreFunction
  ) {
    const isFresh = (yield* Clock.currentTimeMillis) - asked < Duration.toMillis(fresh)
    if (Option.isNone(next) || isFresh) return { settled, next }
    const result = yield* Effect.option(queue.renew(next.value))
    if (Option.isNone(result)) {
      const release = queue.settle(next.value, Settlement.cases.Release.make({}))
      yield* persistently(Effect.map(release, ended), restore)
    }
    return Option.exists(result, (renewal) => renewal !== "lost") ? { settled, next } : ended(settled)
  })

  /**
   * Ends the lease, and takes the lane's next one if it is told where that would run. It is not settled if it was lost, or
   * if this process is asked to end while the store is away: then the job is recovered when its lease has run out.
   */
  const settle = (
    lease: Lease,
    settlement: Settlement,
    restore: RestoreFunction,
    next?: RunLocation
  ): Effect.Effect<SettledLease> =>
    Effect.flatMap(Clock.currentTimeMillis, (asked) => {
      // The same request each time it is run: a lease that it was given, although its answer was lost, is this process' own.
      const once = next === undefined
        ? Effect.map(queue.settle(lease, settlement), ended)
        : queue.settleAndTake(lease, settlement, next)
      return Effect.flatMap(persistently(once, restore), (result) => renewed(result, asked, restore))
    })

  return { isWanted, keep, settle }
})

/** The functions that keep, check and settle the leases of this process. */
export type HeldLease = Effect.Success<typeof make>
