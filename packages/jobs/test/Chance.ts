/** Reproducible randomness: the same seed gives the same story. */
export interface Chance {
  /** A whole number from 0 to below `bound`. */
  below(bound: number): number
  /** One of them; undefined only if there is none. */
  of<A>(choices: ReadonlyArray<A>): A | undefined
}

// mulberry32
export const chanceOf = (seed: number): Chance => {
  let state = seed >>> 0
  const next = (): number => {
    state = (state + 0x6d2b79f5) >>> 0
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state)
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 4294967296
  }
  const below = (bound: number): number => Math.floor(next() * bound)
  return { below, of: (choices) => choices[below(choices.length)] }
}
