import { Schema, SchemaTransformation } from "effect"
import { ReviewSettings } from "../settings/ReviewSettings.ts"
import { Job } from "./Job.ts"

const RunNumber = Schema.optionalKey(Schema.Int.check(Schema.isGreaterThan(0)))

/**
 * A job as it travels to the process that runs it: what to review and, so that it reviews exactly as the server would,
 * the settings to review it with. No secret, and no URL with one.
 */
export const JobPayload = Schema.Struct({
  version: Schema.Literal(2),
  job: Job,
  settings: Schema.optionalKey(ReviewSettings),
  /** Number of this run over the job's whole life; absent if nobody waits for its outcome. */
  run: RunNumber,
  /** Proof of this run, which it reports its outcome with; absent where the servers have no key to make one. */
  token: Schema.optionalKey(Schema.String)
})
export type JobPayload = typeof JobPayload.Type

/** The form of the version before, which called the run's number an attempt. */
const Version1 = Schema.Struct({
  version: Schema.Literal(1),
  job: Job,
  settings: Schema.optionalKey(ReviewSettings),
  attempt: RunNumber
})

const fromVersion1 = Version1.pipe(
  Schema.decodeTo(
    Schema.toType(JobPayload),
    SchemaTransformation.transform({
      decode: ({ attempt, ...rest }) => ({
        ...rest,
        version: 2 as const,
        ...(attempt === undefined ? {} : { run: attempt })
      }),
      encode: ({ run, ...rest }) => ({ ...rest, version: 1 as const, ...(run === undefined ? {} : { attempt: run }) })
    })
  )
)

/** Versions that can be read. The last one is written. */
export const payloadVersions: ReadonlyArray<number> = [1, 2]

/** Text form of a payload: JSON. */
export const JobPayloadJson = Schema.fromJsonString(Schema.Union([JobPayload, fromVersion1]))
