import { Schema } from "effect"
import { Job } from "./Job.ts"
import { ReviewSettings } from "./ReviewSettings.ts"

/**
 * A job as it travels to the process that runs it: what to review and, so that it reviews exactly as the server would,
 * the settings to review it with. No secret, and no URL with one.
 */
export const JobPayload = Schema.Struct({
  version: Schema.Literal(1),
  job: Job,
  settings: Schema.optionalKey(ReviewSettings),
  /** Which attempt this is, where somebody waits for how it ends. */
  attempt: Schema.optionalKey(Schema.Int.check(Schema.isGreaterThan(0)))
})
export type JobPayload = typeof JobPayload.Type

/** The text form: JSON. */
export const JobPayloadJson = Schema.fromJsonString(JobPayload)
