import type { JobId } from "@nominal-code/domain/Job"
import type { StoreError } from "@nominal-code/persistence/StoreError"
import { Context, type Effect, type Option } from "effect"

/** Where a job's payload waits for its pod when it is too large for an environment variable. */
export class PayloadStore extends Context.Service<PayloadStore, {
  put(id: JobId, payload: string): Effect.Effect<void, StoreError>
  get(id: JobId): Effect.Effect<Option.Option<string>, StoreError>
}>()("@nominal-code/jobs/PayloadStore") {}
