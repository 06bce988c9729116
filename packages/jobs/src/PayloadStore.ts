import type { JobId } from "@nominal-code/domain/Job"
import type { StoreError } from "@nominal-code/persistence/StoreError"
import { Context, type Effect, Option, Schema } from "effect"
import { createHash } from "node:crypto"

/** A payload that no store takes: it is larger than a payload may be. */
export class PayloadTooLarge extends Schema.TaggedError<PayloadTooLarge>()("PayloadTooLarge", {
  message: Schema.String
}) {}

/** Reference to a stored payload, as a pod gets it. */
export interface PayloadReference {
  readonly id: string
  readonly names: (payload: string) => boolean
}

/** Store of payloads that are too large for a pod's environment variable. */
export class PayloadStore extends Context.Service<PayloadStore, {
  put(id: JobId, payload: string): Effect.Effect<void, StoreError | PayloadTooLarge>
  get(id: JobId): Effect.Effect<Option.Option<string>, StoreError>
}>()("@nominal-code/jobs/PayloadStore") {}

const digestOf = (payload: string): string => createHash("sha256").update(payload).digest("hex")

/** The reference to a stored payload: `redis:<id>:<SHA-256>`, so that nothing else that is stored there counts. */
export const payloadReference = (id: JobId, payload: string): string => `redis:${id}:${digestOf(payload)}`

/** Reads a reference: its id, and the test of what is stored under it. One without a digest names whatever is there. */
export const readReference = (text: string): Option.Option<PayloadReference> => {
  const [, id, digest] = /^redis:([^:]*)(?::(.*))?$/s.exec(text) ?? []
  return Option.map(
    Option.fromUndefinedOr(id),
    (id) => ({ id, names: (payload) => digest === undefined || digest === digestOf(payload) })
  )
}
