import { Clock, Effect } from "effect"

/** Watch of a store's clock, which is set now and then; that of a promoted replica of Redis is another one. */
export interface ClockWatch {
  /**
   * Takes the time of an answer that was asked for and heard at these instants, by a clock of this process that is never
   * set. Returns by how many milliseconds the store's clock was set since the answer before, at least: less than 0 if it
   * was set back. Undefined for the first answer.
   */
  hear(time: number, asked: number, heard: number): number | undefined
}

/** Milliseconds on a clock that is never set. */
export const elapsed = Effect.map(Clock.monotonicTimeNanos, (nanos) => Number(nanos / 1_000_000n))

export const make = (): ClockWatch => {
  let ahead: { readonly least: number; readonly most: number } | undefined
  return {
    hear: (time, asked, heard) => {
      const before = ahead
      // It was read between the two.
      ahead = { least: time - heard, most: time - asked }
      if (before === undefined) return undefined
      return Math.max(0, ahead.least - before.most) + Math.min(0, ahead.most - before.least)
    }
  }
}
