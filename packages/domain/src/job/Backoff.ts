import { Duration, Effect, Schedule } from "effect"

/** Backoff of retries without end: the delay doubles from `first`, up to `longest`. */
export const backoff = (first: Duration.Input, longest: Duration.Input) =>
  Schedule.min([Schedule.exponential(first), Schedule.spaced(longest)])

/** Retries of a schedule within so many milliseconds; the last one is made at their end. */
export const within = <Output, Input>(retries: Schedule.Schedule<Output, Input>, millis: number) =>
  retries.pipe(
    Schedule.modifyDelay(({ duration, elapsed }) =>
      Effect.succeed(Math.max(0, Math.min(Duration.toMillis(duration), millis - elapsed)))
    ),
    Schedule.while(({ elapsed }) => elapsed < millis)
  )

/** Options of retries. */
export interface RetryOptions<E> {
  readonly schedule: Schedule.Schedule<unknown, E>
  /** True for an error after which it is tried again. */
  readonly while: (error: E) => boolean
}

/**
 * Retries of an effect whose first run has just failed. Setting up a schedule takes longer than a write, so that there is
 * one only for what has failed.
 */
export const retryAfter = <A, E, R>(error: E, effect: Effect.Effect<A, E, R>, options: RetryOptions<E>) => {
  if (!options.while(error)) return Effect.fail(error)
  let hasFailed = false
  const next = Effect.suspend(() => {
    if (hasFailed) return effect
    hasFailed = true
    return Effect.fail(error)
  })
  return Effect.retry(next, options)
}
