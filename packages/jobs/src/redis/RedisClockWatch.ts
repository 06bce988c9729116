/** Watch of Redis' clock, which is set now and then; that of a promoted replica is another one. */
export interface RedisClockWatch {
  /**
   * Takes the time of an answer that was asked for and heard at these instants, by a clock of this process that is never
   * set. Returns by how many milliseconds Redis' clock was set since the answer before, at least: less than 0 if it was set
   * back. Undefined for the first answer.
   */
  hear(time: number, asked: number, heard: number): number | undefined
}

export const make = (): RedisClockWatch => {
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
