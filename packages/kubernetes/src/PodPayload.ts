import type { Job } from "@nominal-code/domain/job/Job"
import { JobPayloadJson } from "@nominal-code/domain/job/JobPayload"
import { runToken, SigningKeys } from "@nominal-code/domain/job/JobSignature"
import type { ReviewSettings } from "@nominal-code/domain/settings/ReviewSettings"
import { payloadKey, payloadReference, PayloadStore } from "@nominal-code/jobs/PayloadStore"
import { Effect, Schema } from "effect"
import * as Manifest from "./Manifest.ts"
import { storeRetries } from "./PodResult.ts"

const encode = Schema.encodeSync(JobPayloadJson)

/** Makes the payload of a run's pod: the job with its settings, or the key under which a large one is stored. */
export const makePodPayload = Effect.fnUntraced(function*(review: ReviewSettings) {
  const payloads = yield* PayloadStore
  const keys = yield* SigningKeys
  return Effect.fnUntraced(function*(job: Job, run: number) {
    const token = runToken(keys, job.id, run)
    const payload = encode({ version: 2, job, settings: review, run, ...(token === undefined ? {} : { token }) })
    if (Manifest.fitsInline(payload)) return payload
    const key = payloadKey(job.id, payload)
    yield* Effect.retry(payloads.put(key, payload), {
      schedule: storeRetries,
      while: ({ _tag }) => _tag !== "PayloadTooLarge"
    })
    return payloadReference(key)
  })
})
