import { Schema } from "effect"

/**
 * Reason why a call of a store failed. `unavailable`: it was away, busy, or could not write. `full`: it has no room.
 * `failed`: another attempt fails too.
 */
const Reason = Schema.Literals(["unavailable", "full", "failed"])

/** A failed call of a store. `message` is one line for operators. */
export class StoreError extends Schema.TaggedError<StoreError>()("StoreError", {
  operation: Schema.String,
  message: Schema.String,
  reason: Reason
}) {
  /** True if the same call may succeed later. */
  get retryable(): boolean {
    return this.reason !== "failed"
  }
}
