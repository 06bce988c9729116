import { Schema } from "effect"
import { Failure, ServiceName } from "./Failure.ts"
import { JobOutcome } from "./Job.ts"

/** Message for a pull request about a job that brings no review. */
export const Notice = Schema.TaggedUnion({
  /** The job failed for good. */
  GivenUp: { failure: Failure },
  /** The job was not accepted: as many requests as may wait for its pull request waited already. */
  Busy: {}
})
export type Notice = typeof Notice.Type

/** Outcome of an attempt to post a notice. */
export const NoticeOutcome = Schema.TaggedUnion({
  /** It is on the pull request, from this attempt or an earlier one. */
  Told: {},
  /** The job's review is on the pull request: there is nothing to tell. */
  Reviewed: { outcome: JobOutcome.cases.Reviewed },
  /** A service that it needs is away or limited, or refuses it access. `retryAfterMillis`: how long the service asked us to stay away. */
  Postponed: { failure: Failure, service: ServiceName, retryAfterMillis: Schema.optionalKey(Schema.Int) },
  /** It can never be told: the forge refuses it, or nothing is posted at all. `detail` is one line for operators. */
  Refused: { detail: Schema.String }
})
export type NoticeOutcome = typeof NoticeOutcome.Type
