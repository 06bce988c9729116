import { Context, Duration, Effect } from "effect"
import { ForgeError, RateLimited } from "./ForgeError.ts"

/**
 * Rate limits that all processes of a deployment keep, whichever of them was told. An account is what a forge counts
 * requests by. By default a process knows of its own limits only.
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

/** Longest time that a shared limit is kept: GitHub's and GitLab's end within the hour, whatever a proxy says. */
const longest = Duration.hours(1)

/** Runs a request unless its account is limited; then it fails without being sent. Another process is told of a limit. */
export const withSharedLimit =
  ({ heard, left }: SharedLimits, account: string, operation: string) =>
  <A, E>(request: Effect.Effect<A, ForgeError | E>): Effect.Effect<A, ForgeError | E> =>
    Effect.flatMap(left(account), (retryAfter) =>
      Duration.isGreaterThan(retryAfter, Duration.zero)
        ? Effect.fail(new ForgeError({ operation, reason: new RateLimited({ retryAfter }) }))
        : Effect.tapError(request, (error) =>
          error instanceof ForgeError && error.reason._tag === "RateLimited"
            ? heard(account, Duration.min(error.reason.retryAfter, longest))
            : Effect.void))
