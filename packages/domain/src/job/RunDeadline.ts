import { Clock, Context, Duration, Effect, Option } from "effect"

/**
 * Instant by which a run has to be done, in milliseconds since 1970. What can be left out, such as a verification, is not
 * begun too late. By default nothing limits a run.
 */
export const RunDeadline = Context.Reference<Option.Option<number>>("@nominal-code/domain/RunDeadline", {
  defaultValue: Option.none
})

/** Tells a run that begins now how long it may take. It does not end it. */
export const endingWithin =
  (limit: Duration.Duration) => <A, E, R>(run: Effect.Effect<A, E, R>): Effect.Effect<A, E, R> =>
    Effect.flatMap(
      Clock.currentTimeMillis,
      (now) => Effect.provideService(run, RunDeadline, Option.some(now + Duration.toMillis(limit)))
    )

/** Time that is left to a run. */
export const timeLeft: Effect.Effect<Option.Option<Duration.Duration>> = Effect.gen(function*() {
  const now = yield* Clock.currentTimeMillis
  return Option.map(yield* RunDeadline, (end) => Duration.millis(Math.max(0, end - now)))
})
