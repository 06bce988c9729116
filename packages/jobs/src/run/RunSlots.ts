import type { RunSlot } from "@nominal-code/domain/job/RunSlot"
import { type Context, Effect, Semaphore } from "effect"

/** The slot of one run. `release` gives it back at the end of the run. */
export interface HeldSlot {
  readonly slot: Context.Service.Shape<typeof RunSlot>
  readonly release: Effect.Effect<void>
}

/** The slots of a process: `take` waits for one that is free, and `isOwed` is true while more runs go on than there are slots. */
export const make = (count: number) => {
  const slots = Semaphore.makeUnsafe(count)
  /** Number of runs that went on without a slot. The next slots that come back are theirs. */
  let owed = 0

  const release = Effect.suspend(() => {
    if (owed === 0) return Effect.asVoid(slots.release(1))
    owed -= 1
    return Effect.void
  })

  const slot: HeldSlot["slot"] = {
    yieldWhile: (effect) => Effect.acquireUseRelease(release, () => effect, () => Effect.sync(() => void (owed += 1)))
  }
  const held: HeldSlot = { slot, release }

  return { take: Effect.as(slots.take(1), held), isOwed: () => owed > 0 }
}
