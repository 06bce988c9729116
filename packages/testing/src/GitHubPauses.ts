import { Deferred, Effect } from "effect"

/** A moment of a request: before it takes effect, or after that and before its answer. */
export interface Moment {
  readonly when: "before" | "after"
  /** GitHub's name for it: `pulls/create-review`. */
  readonly operation: string
}

/** A moment that a request has come to, and the token of the client that made it. */
export interface ReachedMoment extends Moment {
  readonly token: string
}

/** A request that is stopped at a moment. Its client waits for the answer. */
export interface Pause {
  /** A request has come to the moment. */
  readonly reached: Effect.Effect<void>
  /** Lets it go on; and lets it pass, if it has not come yet. */
  readonly release: Effect.Effect<void>
}

/**
 * Stops requests, so that a test can do something in between: a client that is stopped after one of its steps, or before
 * the next, stands still for as long as the test likes.
 */
export class GitHubPauses {
  #hook: ((reached: ReachedMoment) => Effect.Effect<void>) | undefined

  /** Every request waits for this at each of its moments, from now on. It takes the place of an earlier hook. */
  at(hook: (reached: ReachedMoment) => Effect.Effect<void>): void {
    this.#hook = hook
  }

  /** Stops the next request of an operation. */
  next(moment: Moment): Pause {
    const reached = Deferred.makeUnsafe<void>()
    const released = Deferred.makeUnsafe<void>()
    const earlier = this.#hook
    this.at((now) => {
      if (now.when !== moment.when || now.operation !== moment.operation) return earlier?.(now) ?? Effect.void
      this.#hook = earlier
      return Effect.andThen(Deferred.succeed(reached, undefined), Deferred.await(released))
    })
    return { reached: Deferred.await(reached), release: Effect.asVoid(Deferred.succeed(released, undefined)) }
  }

  /** Waits for as long as the hook says. */
  pass(reached: ReachedMoment): Effect.Effect<void> {
    return Effect.suspend(() => this.#hook?.(reached) ?? Effect.void)
  }
}
