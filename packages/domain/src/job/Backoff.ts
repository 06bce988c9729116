import { type Duration, Schedule } from "effect"

/** Backoff of retries without end: the delay doubles from `first`, up to `longest`. */
export const backoff = (first: Duration.Input, longest: Duration.Input) =>
  Schedule.min([Schedule.exponential(first), Schedule.spaced(longest)])
