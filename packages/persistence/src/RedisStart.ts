import { Effect, Schedule } from "effect"
import type { StoreError } from "./StoreError.ts"

/** Repeats a step of the start for 15 seconds while Redis is away: it was reached, and may be back in a moment. */
export const retryAtStart = <A, R>(step: Effect.Effect<A, StoreError, R>) =>
  Effect.retry(step, {
    schedule: Schedule.spaced("250 millis").pipe(Schedule.upTo({ duration: "15 seconds" })),
    while: ({ retryable }) => retryable
  })
