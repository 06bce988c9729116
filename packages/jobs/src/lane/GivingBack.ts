/** Retries of what ends a lease, or the lease stays until it has run out, and counts a loss of its job. */
import { backoff } from "@nominal-code/domain/job/Backoff"
import type { StoreError } from "@nominal-code/persistence/StoreError"
import { Effect, Option, Schedule, Scope } from "effect"

/** Retries while the store is away. */
const whileAway = backoff("500 millis", "5 seconds")

/** Retries of a process that is asked to end: 6.3 seconds. */
export const shutdownRetries = Schedule.exponential("100 millis").pipe(Schedule.upTo({ times: 6 }))

/** Tries again in the time of a shutdown, however long each try takes. None if all have failed. */
export const beforeTheEnd = <A>(once: Effect.Effect<A, StoreError>): Effect.Effect<Option.Option<A>> =>
  Effect.option(Effect.retry(once, shutdownRetries)).pipe(
    Effect.interruptible,
    Effect.timeoutOption("7 seconds"),
    Effect.map(Option.flatten)
  )

/**
 * Makes the function that gives a lease back in the background, however long the store is away. Once the scope closes, all
 * leases are tried at once in the time of a shutdown.
 */
export const make = Effect.map(
  Effect.flatMap(Effect.scope, (scope) => Scope.fork(scope, "parallel")),
  (scope) => (again: Effect.Effect<unknown, StoreError>) =>
    Effect.retry(again, { schedule: whileAway, while: ({ retryable }) => retryable }).pipe(
      Effect.onInterrupt(() => beforeTheEnd(again)),
      Effect.ignore,
      Effect.forkIn(scope)
    )
)
