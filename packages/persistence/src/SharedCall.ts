import { Effect, Exit } from "effect"

interface Waiter<E> {
  /** True if it makes the next call, for all that wait. */
  calls: boolean
  readonly resume: (exit: Exit.Exit<void, E>) => void
}

/**
 * Shares a call. One runs at a time; whoever comes meanwhile has come too late for it, and waits for the next one with all
 * others. They go on in the same moment, so that what they do next can be done together.
 */
export const shared = <E>(call: Effect.Effect<void, E>): Effect.Effect<void, E> => {
  let isRunning = false
  let waiting = new Set<Waiter<E>>()

  const run = Effect.suspend(() => {
    isRunning = true
    const others = waiting
    waiting = new Set()
    return Effect.flatMap(Effect.exit(call), (exit) => {
      isRunning = false
      for (const { resume } of others) resume(exit)
      const [next] = waiting
      if (next !== undefined) {
        isRunning = true
        waiting.delete(next)
        next.calls = true
        next.resume(Exit.void)
      }
      return exit
    })
  })

  const wait = Effect.uninterruptibleMask((restore) => {
    let mine: Waiter<E> | undefined
    const turn = Effect.callback<void, E>((resume) => {
      mine = { calls: false, resume }
      waiting.add(mine)
    })
    return Effect.flatMap(Effect.exit(restore(turn)), (exit) => {
      if (mine?.calls === true) return run
      if (mine !== undefined) waiting.delete(mine)
      return exit
    })
  })

  return Effect.suspend(() => isRunning ? wait : Effect.uninterruptible(run))
}
