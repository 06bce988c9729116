import { RedisTime } from "@nominal-code/persistence/RedisTime"
import { Clock, Effect, Option } from "effect"

/** Estimate of Redis' clock, in milliseconds: of what a process has heard from it, and of its own clock since. */
export interface RedisClock {
  /** Takes the time of an answer that was heard now, by the process' own clock. */
  hear(time: number, local: number): void
  /** Time of Redis; `undefined`: nothing was heard of it yet. */
  at(local: number): number | undefined
}

/** Largest drift of two clocks from each other, per millisecond. */
const drift = 0.0002

/** Delay in milliseconds beyond which an answer is no late one: one of the clocks was set. */
const longestDelay = 1_000

/** Makes a clock. An answer is heard late, never early: of several, the one that says the latest time is right. */
export const make = (): RedisClock => {
  let best: { readonly ahead: number; readonly local: number } | undefined
  return {
    hear: (time, local) => {
      const ahead = time - local
      const expected = best === undefined ? ahead : best.ahead - drift * (local - best.local)
      if (ahead >= expected || ahead < expected - longestDelay) best = { ahead, local }
    },
    at: (local) => best === undefined ? undefined : local + best.ahead
  }
}

/** Makes an estimate of the time of Redis. In tests, the scripts' time is given. */
export const makeTime = Effect.gen(function*() {
  const given = yield* RedisTime
  const clock = make()
  return {
    /** The time now; `undefined`: nothing was heard of it yet. */
    now: Effect.gen(function*() {
      const time = yield* given
      if (Option.isSome(time)) return time.value
      return clock.at(yield* Clock.currentTimeMillis)
    }),
    /** Takes the time of an answer that was heard now. */
    heard: (now: number) => Effect.map(Clock.currentTimeMillis, (local) => clock.hear(now, local)),
    /** The time for the scripts, if it is given. */
    given
  }
})

export type EstimatedTime = Effect.Success<typeof makeTime>
