import { Effect, Exit, Semaphore } from "effect"

/**
 * Shares a call. One runs at a time; whoever comes meanwhile has come too late for it, and waits for the next one with all
 * others.
 */
export const shared = <E>(call: Effect.Effect<void, E>): Effect.Effect<void, E> => {
  const one = Semaphore.makeUnsafe(1)
  let begun = 0
  let last: Exit.Exit<void, E> = Exit.void
  return Effect.suspend(() => {
    const awaited = begun + 1
    const next = Effect.suspend(() => {
      if (begun >= awaited) return last
      begun += 1
      return Effect.flatMap(Effect.exit(call), (exit) => last = exit)
    })
    return one.withPermit(Effect.uninterruptible(next))
  })
}
