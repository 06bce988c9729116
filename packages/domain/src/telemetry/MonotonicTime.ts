import { Clock, Effect } from "effect"

/**
 * Milliseconds since some instant, by a clock that nobody sets. For waits in memory: by the time of day,
 * one would last a day longer after the machine's clock was set back by a day.
 */
export const monotonicMillis: Effect.Effect<number> = Effect.map(
  Clock.monotonicTimeNanos,
  (nanos) => Math.floor(Number(nanos / 1_000n) / 1_000)
)
