import { type Lane, laneKey } from "@nominal-code/domain/Lane"
import { Effect, Latch } from "effect"

/**
 * The lanes that wait for their turn, first come first served. A lane is in it once, and never twice at work; what is
 * named while it is at work gets another turn afterwards, so no naming is ever lost.
 */
export interface Rotation {
  add(lane: Lane): void
  /** The lane whose turn it is. It is at work until `done`. */
  readonly next: Effect.Effect<Lane>
  done(lane: Lane): void
}

export const make = (): Rotation => {
  const waiting = new Map<string, Lane>()
  // Whether the lane was named again since its turn began.
  const atWork = new Map<string, boolean>()
  const some = Latch.makeUnsafe()

  const add = (lane: Lane): void => {
    const key = laneKey(lane)
    if (atWork.has(key)) {
      atWork.set(key, true)
      return
    }
    if (!waiting.has(key)) waiting.set(key, lane)
    some.openUnsafe()
  }

  const next: Effect.Effect<Lane> = Effect.suspend(() => {
    for (const [key, lane] of waiting) {
      waiting.delete(key)
      atWork.set(key, false)
      return Effect.succeed(lane)
    }
    some.closeUnsafe()
    return Effect.andThen(some.await, next)
  })

  return {
    add,
    next,
    done: (lane) => {
      const key = laneKey(lane)
      const again = atWork.get(key) ?? false
      atWork.delete(key)
      if (again) add(lane)
    }
  }
}
