/** Transcripts of reviews in Redis, where the pods of Kubernetes Jobs leave them. */
import { Duration, Effect, Option, Schema } from "effect"
import { deflateRawSync, inflateRawSync } from "node:zlib"
import { Redis } from "./Redis.ts"
import { StoreError } from "./StoreError.ts"

/** Time to live of a transcript, which is that of a job's record. */
const ttl = Duration.toMillis("7 days")

/** Maximum size of a transcript in bytes, compressed and as it is. */
const largest = 4 * 1024 * 1024
const longest = 64 * 1024 * 1024

const keyOf = (job: string) => `nc:transcript:${job}`

const failed = (operation: string, message: string) => new StoreError({ operation, message, reason: "failed" })

/** Stores a transcript in place of an earlier one of its job. Fails for one that is too large. */
export const put = Effect.fn("TranscriptStore.put")(function*(job: string, text: string) {
  const operation = "TranscriptStore.put"
  const { send } = yield* Redis
  const bytes = deflateRawSync(text)
  if (bytes.length > largest || text.length > longest) {
    return yield* failed(operation, `it has ${bytes.length} bytes, compressed, and may have ${largest}`)
  }
  yield* send(operation, Schema.Literal("OK"), ["set", keyOf(job), bytes, "PX", ttl])
})

const inflated = Option.liftThrowable((stored: string): string =>
  inflateRawSync(Buffer.from(stored, "latin1"), { maxOutputLength: longest }).toString("utf8")
)

/** Reads the transcript of a job; none if there is none, or not any more. */
export const get = Effect.fn("TranscriptStore.get")(function*(job: string) {
  const operation = "TranscriptStore.get"
  const { send } = yield* Redis
  const stored = yield* send(operation, Schema.NullOr(Schema.String), ["get", keyOf(job)], "bytes")
  if (stored === null) return Option.none()
  return yield* Effect.mapBoth(Effect.fromOption(inflated(stored)), {
    onFailure: () => failed(operation, `the transcript of ${job} in Redis cannot be read`),
    onSuccess: Option.some
  })
})
