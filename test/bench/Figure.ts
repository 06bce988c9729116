import { Data } from "effect"
import { divide, median, type Samples } from "./Samples.ts"

/** A figure could not be taken, and why. */
export class NotMeasured extends Data.TaggedError("NotMeasured")<{ readonly message: string }> {}

/** One line of the report. */
export interface Figure {
  readonly name: string
  /** A ratio or a count, which another machine would give as well: the median, and the least and the greatest. */
  readonly value: string
  /** Name of the divisor; empty for a count. */
  readonly against: string
  /** Measured values on this machine, in their own units. */
  readonly here: string
}

/** Three digits that say something; whole numbers in full. */
export const shown = (value: number): string =>
  Math.abs(value) >= 100 || Number.isInteger(value)
    ? Math.round(value).toLocaleString("en")
    : String(Number(value.toPrecision(3)))

const spread = (samples: Samples, unit: string): string => {
  const [least, greatest] = [Math.min(...samples), Math.max(...samples)].map(shown)
  const middle = `${shown(median(samples))}${unit}`
  return least === greatest ? middle : `${middle} (${least}–${greatest})`
}

/** Names of the two measured things, and their unit (`ms`, `MiB`). */
export interface Comparison {
  readonly name: string
  readonly against: string
  readonly unit: string
}

/** Each run's sample divided by the reference of the same run. */
export const ratio = ({ against, name, unit }: Comparison, samples: Samples, reference: Samples): Figure => ({
  name,
  value: spread(divide(samples, reference), "×"),
  against,
  here: `${shown(median(samples))} ${unit} against ${shown(median(reference))} ${unit}`
})

/** Something that is the same on every machine by itself: how many, how many bytes. */
export const count = (name: string, samples: Samples, here = ""): Figure => ({
  name,
  value: spread(samples, ""),
  against: "",
  here
})
