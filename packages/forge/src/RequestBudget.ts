import { Context, Deferred, Effect } from "effect"

/**
 * Step before each request to a forge, retries and tokens included. By default it does nothing. Within `withBudget` it
 * counts.
 */
export const RequestBudget = Context.Reference<Effect.Effect<void>>("@nominal-code/forge/RequestBudget", {
  defaultValue: () => Effect.void
})

/** Effect that was run within a budget. */
export interface BudgetedResult {
  /** Number of requests to forges. */
  readonly requests: number
  /** True if it was interrupted, because it wanted to make one request more than it may. */
  readonly exhausted: boolean
}

/**
 * Runs an effect until it ends or wants to make more requests to forges than it may. Then it is interrupted. Its requests
 * count within a budget around it, too.
 */
export const withBudget = Effect.fnUntraced(function*<E, R>(most: number, effect: Effect.Effect<void, E, R>) {
  let requests = 0
  const spent = yield* Deferred.make<void>()
  const around = yield* RequestBudget
  const step = Effect.suspend(() => {
    if (requests === most) return Effect.andThen(Deferred.succeed(spent, undefined), Effect.never)
    requests += 1
    return around
  })
  const exhausted = yield* Effect.raceFirst(
    Effect.as(Effect.provideService(effect, RequestBudget, step), false),
    Effect.as(Deferred.await(spent), true)
  )
  return { requests, exhausted } satisfies BudgetedResult
})
