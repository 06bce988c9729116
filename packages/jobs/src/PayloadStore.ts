import { JobId } from "@nominal-code/domain/job/Job"
import type { StoreError } from "@nominal-code/persistence/StoreError"
import { Context, type Effect, Option, Schema } from "effect"
import { createHash } from "node:crypto"

/** A payload that no store takes: it is larger than a payload may be. */
export class PayloadTooLarge extends Schema.TaggedError<PayloadTooLarge>()("PayloadTooLarge", {
  message: Schema.String
}) {}

/** Reference to a stored payload, as a pod gets it. */
export interface PayloadReference {
  readonly key: string
  /** False for a key that no server has made. */
  readonly isKey: boolean
  readonly names: (payload: string) => boolean
}

/**
 * Store of payloads that are too large for a pod's environment variable. A payload with other settings has another key: a
 * pod that has not started yet finds the one that it was created for.
 */
export class PayloadStore extends Context.Service<PayloadStore, {
  put(key: string, payload: string): Effect.Effect<void, StoreError | PayloadTooLarge>
  get(key: string): Effect.Effect<Option.Option<string>, StoreError>
}>()("@nominal-code/jobs/PayloadStore") {}

const digestOf = (payload: string): string => createHash("sha256").update(payload).digest("hex")

/** Key of a job's payload. */
export const payloadKey = (id: JobId, payload: string): string => `${id}:${digestOf(payload)}`

/** The reference to a stored payload: `redis:<id>:<SHA-256>`, so that nothing else that is stored there counts. */
export const payloadReference = (key: string): string => `redis:${key}`

const isJobId = Schema.is(JobId)

/** Reads a reference: its key, and the test of what is stored under it. One without a digest names whatever is there. */
export const readReference = (text: string): Option.Option<PayloadReference> => {
  const [, key, id, digest] = /^redis:(([^:]*)(?::(.*))?)$/s.exec(text) ?? []
  return Option.map(
    Option.fromUndefinedOr(key),
    (key) => ({
      key,
      isKey: isJobId(id),
      names: (payload) => digest === undefined || digest === digestOf(payload)
    })
  )
}
