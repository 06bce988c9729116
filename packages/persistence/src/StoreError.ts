import { Schema } from "effect"

/**
 * Reason why a call of a store failed. `unavailable`: it was away, busy, or could not write. `full`: it has no room.
 * `failed`: another attempt fails too.
 */
const Reason = Schema.Literals(["unavailable", "full", "failed"])

/**
 * Lets an error go of the frames of its stack. They would hold the functions that were running, and through them what waits
 * for the same answer, with the error that each of those waits after: all errors of an outage, until it ends.
 */
const withoutFrames = (error: Error): string => {
  error.stack = `${error.name}: ${error.message}`
  return error.stack
}

/** A failed call of a store. `message` is one line for operators. */
export class StoreError extends Schema.TaggedError<StoreError>()("StoreError", {
  operation: Schema.String,
  message: Schema.String,
  reason: Reason
}) {
  override stack = withoutFrames(this)

  /** True if the same call may succeed later. */
  get retryable(): boolean {
    return this.reason !== "failed"
  }
}
