import { Clock, Effect, Latch } from "effect"

/** Turns of calls: those of the same key are made one after another, in the order of their arrival. */
export interface Turns {
  /** True if a call of the key waits for its turn, or has it: what comes now comes after it. */
  isTaken(key: string): boolean
  /**
   * Makes a call once those of its key that came before have ended, well or not, or have taken too long. It is told until
   * when it may try again, in milliseconds: those that come after it try no sooner than that, or have waited for its end.
   */
  inTurn<A, E>(key: string, call: (until: number) => Effect.Effect<A, E>): Effect.Effect<A, E>
}

/**
 * Time in milliseconds beyond its patience in which a call waits for its turn at most. By then, all that came before have
 * begun their last try.
 */
const margin = 100

/** Makes turns of calls that may be tried again for `patience` milliseconds, whatever is before them. */
export const make = (patience: number): Turns => {
  const keys = new Map<string, Array<Latch.Latch>>()

  const enter = (key: string): Latch.Latch => {
    const waiting = keys.get(key) ?? []
    const mine = Latch.makeUnsafe(waiting.length === 0)
    waiting.push(mine)
    keys.set(key, waiting)
    return mine
  }

  /** Ends a turn. The next one begins by itself: on the stack of this one, a thousand that wait would not find room. */
  const leave = (key: string, mine: Latch.Latch): Effect.Effect<unknown> => {
    const left = (keys.get(key) ?? []).filter((other) => other !== mine)
    if (left.length === 0) keys.delete(key)
    else keys.set(key, left)
    return left[0]?.open ?? Effect.void
  }

  return {
    isTaken: (key) => keys.has(key),
    inTurn: (key, call) =>
      Effect.flatMap(Clock.currentTimeMillis, (now) =>
        Effect.acquireUseRelease(
          Effect.sync(() => enter(key)),
          (mine) => Effect.andThen(Effect.timeoutOption(mine.await, patience + margin), call(now + patience)),
          (mine) => Effect.suspend(() => leave(key, mine))
        ))
  }
}
