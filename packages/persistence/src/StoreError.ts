import { Schema } from "effect"

/** The store could not do it. `retryable`: it was away or busy, and may do it later. */
export class StoreError extends Schema.TaggedError<StoreError>()("StoreError", {
  operation: Schema.String,
  message: Schema.String,
  retryable: Schema.Boolean
}) {}
