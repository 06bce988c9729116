import type { JobId } from "@nominal-code/domain/Job"
import type { StoreError } from "@nominal-code/persistence/StoreError"
import { Context, type Effect, type Option } from "effect"

/** Store of payloads that are too large for a pod's environment variable. */
export class PayloadStore extends Context.Service<PayloadStore, {
  put(id: JobId, payload: string): Effect.Effect<void, StoreError>
  get(id: JobId): Effect.Effect<Option.Option<string>, StoreError>
}>()("@nominal-code/jobs/PayloadStore") {}
