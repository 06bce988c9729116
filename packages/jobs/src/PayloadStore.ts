import type { JobId } from "@nominal-code/domain/Job"
import type { StoreError } from "@nominal-code/persistence/StoreError"
import { Context, type Effect, type Option, Schema } from "effect"

/** A payload that no store takes: it is larger than a payload may be. */
export class PayloadTooLarge extends Schema.TaggedError<PayloadTooLarge>()("PayloadTooLarge", {
  message: Schema.String
}) {}

/** Store of payloads that are too large for a pod's environment variable. */
export class PayloadStore extends Context.Service<PayloadStore, {
  put(id: JobId, payload: string): Effect.Effect<void, StoreError | PayloadTooLarge>
  get(id: JobId): Effect.Effect<Option.Option<string>, StoreError>
}>()("@nominal-code/jobs/PayloadStore") {}
