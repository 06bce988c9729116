/** Retries of what ends a lease, or the lease stays until it has run out, and counts a loss of its job. */
import { backoff } from "@nominal-code/domain/job/Backoff"
import type { StoreError } from "@nominal-code/persistence/StoreError"
import { Effect, Schedule } from "effect"

/** Retries while the store is away. */
const whileAway = backoff("500 millis", "5 seconds")

/** Retries of a process that is asked to end: 6.3 seconds. */
export const shutdownRetries = Schedule.exponential("100 millis").pipe(Schedule.upTo({ times: 6 }))

/** Tries again however long the store is away and, once it is interrupted, in the time of a shutdown. */
export const givenBack = (again: Effect.Effect<unknown, StoreError>): Effect.Effect<void> =>
  Effect.retry(again, { schedule: whileAway, while: ({ retryable }) => retryable }).pipe(
    Effect.onInterrupt(() => Effect.ignore(Effect.retry(again, shutdownRetries))),
    Effect.ignore
  )
