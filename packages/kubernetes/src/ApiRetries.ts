import { backoff } from "@nominal-code/domain/job/Backoff"
import type { RunNotWanted } from "@nominal-code/domain/job/RunStillWanted"
import { Duration, Effect, Option, Schedule } from "effect"
import { type ApiHealth, isUnserved } from "./ApiHealth.ts"
import type { KubeError } from "./KubeError.ts"

/** Retries of an API server that is away, busy, full or just starting, for about a minute. */
const apiRetries = backoff("250 millis", "8 seconds").pipe(
  Schedule.jittered,
  Schedule.upTo({ duration: "60 seconds" })
)

/** True for an error that another try may not meet. */
export const mayPass = (error: KubeError | RunNotWanted): error is KubeError =>
  error._tag === "KubeError" && error.retryable

/** Makes the retries of calls, by what the watch knows of the API server. */
export const makeRetries = (health: ApiHealth) => {
  /** An API server that the watch knows to be away is not asked again: the run waits for it, and keeps no slot meanwhile. */
  const isWorthARetry = (error: KubeError | RunNotWanted) =>
    Effect.map(health.away, (away) => mayPass(error) && !(isUnserved(error) && Option.isSome(away)))

  return <A, E extends KubeError | RunNotWanted, R>(effect: Effect.Effect<A, E, R>) =>
    effect.pipe(
      Effect.tapError((error) =>
        mayPass(error)
          ? Effect.andThen(Effect.logDebug(error.message), Effect.sleep(error.retryAfter ?? Duration.zero))
          : Effect.void
      ),
      Effect.retry({ schedule: apiRetries, while: isWorthARetry })
    )
}

/** Retries of calls while the API server is away. */
export type Retries = ReturnType<typeof makeRetries>
