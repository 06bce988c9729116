import { monotonicMillis } from "@nominal-code/domain/telemetry/MonotonicTime"
import { Context, Duration, Effect, Layer } from "effect"
import { ForgeError, RateLimited } from "./ForgeError.ts"

/**
 * Rate limits that all clients of a deployment keep, whichever of them was told. An account is what a forge counts
 * requests by. By default no limit is kept: each request is told anew.
 */
export interface SharedLimits {
  /** Time that is left of the account's limit. It never fails: a limit that cannot be read is none. */
  left(account: string): Effect.Effect<Duration.Duration>
  /** Keeps a limit, unless a longer one is kept already. */
  heard(account: string, lasts: Duration.Duration): Effect.Effect<void>
}

export const ForgeLimits = Context.Reference<SharedLimits>("@nominal-code/forge/ForgeLimits", {
  defaultValue: () => ({ left: () => Effect.succeed(Duration.zero), heard: () => Effect.void })
})

/** Number of accounts below which limits that have ended are not looked for. */
const few = 1_000

/** Limits that the clients of one process keep. */
const makeMemory = (): SharedLimits => {
  const ends = new Map<string, number>()
  /** Number of accounts at which those that have ended are looked for: twice as many as were left the last time. */
  let many = few
  const forgetEnded = (now: number) => {
    if (ends.size < many) return
    for (const [account, end] of ends) if (end <= now) ends.delete(account)
    many = Math.max(few, 2 * ends.size)
  }
  return {
    left: (account) =>
      Effect.map(monotonicMillis, (now) => Duration.millis(Math.max(0, (ends.get(account) ?? now) - now))),
    heard: (account, lasts) =>
      Effect.map(monotonicMillis, (now) => {
        const end = now + Duration.toMillis(lasts)
        forgetEnded(now)
        ends.set(account, Math.max(ends.get(account) ?? 0, end))
      })
  }
}

export const layerMemory = Layer.sync(ForgeLimits, makeMemory)

/** Longest time that a shared limit is kept: GitHub's and GitLab's end within the hour, whatever a proxy says. */
const longest = Duration.hours(1)

/** Rest of a limit that counts as none: who waits for its end may come too early by it, as timers do. */
const negligible = Duration.millis(50)

/** Runs a request unless its account is limited; then it fails without being sent. Another process is told of a limit. */
export const withSharedLimit =
  ({ heard, left }: SharedLimits, account: string, operation: string) =>
  <A, E>(request: Effect.Effect<A, ForgeError | E>): Effect.Effect<A, ForgeError | E> =>
    Effect.flatMap(left(account), (retryAfter) =>
      Duration.isGreaterThanOrEqualTo(retryAfter, negligible)
        ? Effect.fail(new ForgeError({ operation, reason: new RateLimited({ retryAfter }) }))
        : Effect.tapError(request, (error) =>
          error instanceof ForgeError && error.reason._tag === "RateLimited"
            ? heard(account, Duration.min(error.reason.retryAfter, longest))
            : Effect.void))
