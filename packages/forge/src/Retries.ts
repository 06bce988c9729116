import { Duration, Effect, Schedule } from "effect"
import { ForgeError, RateLimited } from "./ForgeError.ts"

/** Longest time that an answer may take. */
export const answerTimeout = Duration.seconds(30)

/** Longest wait within a running job. Longer ones are left to the queue. */
const longestWait = Duration.minutes(2)

/** Backoff after no answer, a broken answer or a 5xx, for repeatable calls. */
export const transient = Schedule.exponential("500 millis").pipe(Schedule.jittered, Schedule.upTo({ times: 3 }))

/** Maximum number of rate limit waits of one request. After them, the queue waits. */
const maxRateLimitWaits = 5

/** Delay for a rate limit: as the forge asks; if it names no time, twice as long from the third try on. */
const rateLimitDelay = ({ assumed, retryAfter }: RateLimited, waits: number): RateLimited =>
  assumed && waits > 1
    ? new RateLimited({ assumed, retryAfter: Duration.times(retryAfter, 2 ** (waits - 1)) })
    : new RateLimited({ retryAfter, ...(assumed ? { assumed } : {}) })

/** Waits for rate limits. A wait that is longer than a running job may take fails at once, and says how long it is. */
export const withRateLimitWaits = <A, E>(
  attempt: Effect.Effect<A, ForgeError | E>,
  waits = 0
): Effect.Effect<A, ForgeError | E> =>
  Effect.catchIf(attempt, isRateLimited, (error) => {
    const limit = rateLimitDelay(error.reason, waits)
    return waits === maxRateLimitWaits || Duration.isGreaterThan(limit.retryAfter, longestWait)
      ? Effect.fail(new ForgeError({ operation: error.operation, reason: limit }))
      : Effect.delay(withRateLimitWaits(attempt, waits + 1), limit.retryAfter)
  })

const isRateLimited = (error: unknown): error is ForgeError & { readonly reason: RateLimited } =>
  error instanceof ForgeError && error.reason._tag === "RateLimited"

/** True if the same request may succeed by itself a moment later. */
export const isUnavailable = (error: unknown): error is ForgeError =>
  error instanceof ForgeError && error.reason._tag === "Unavailable"
