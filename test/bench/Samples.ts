/** Measurements, one number for each run. */
export type Samples = ReadonlyArray<number>

/** The least sample that `share` of all are not above: 0.99 is the 99th percentile. */
export const percentile = (samples: Samples, share: number): number => {
  const sorted = samples.toSorted((one, other) => one - other)
  return sorted[Math.max(0, Math.ceil(sorted.length * share) - 1)] ?? NaN
}

/** The one in the middle; between the two in the middle where there is no such one. */
export const median = (samples: Samples): number => {
  const sorted = samples.toSorted((one, other) => one - other)
  const upper = sorted[Math.floor(sorted.length / 2)] ?? NaN
  return sorted.length % 2 === 1 ? upper : (upper + (sorted[sorted.length / 2 - 1] ?? NaN)) / 2
}

/** Each sample by the one of the same run. */
export const divide = (samples: Samples, by: Samples): Samples =>
  samples.map((sample, run) => sample / (by[run] ?? NaN))
