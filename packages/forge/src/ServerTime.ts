import { DateTime, Option } from "effect"

/** Difference of clocks, in milliseconds, that counts as none: `date` is of whole seconds, and an answer takes some time. */
const tolerated = 60_000

/** Milliseconds by which a server's clock is ahead of ours, by an answer's `date` to a request that was made `now`. */
export const aheadIn = (date: string | null | undefined, now: number): number =>
  Option.match(DateTime.make(date ?? ""), {
    onNone: () => 0,
    onSome: (theirs) => {
      const ahead = DateTime.toEpochMillis(theirs) - now
      return Math.abs(ahead) < tolerated ? 0 : ahead
    }
  })
