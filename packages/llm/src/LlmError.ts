import { ModelFailureReason } from "@nominal-code/domain/Failure"
import { type Duration, Schema } from "effect"

/** Why a model did not answer. `refused`: it declined the request, and will again. */
export const LlmErrorReason = ModelFailureReason
export type LlmErrorReason = ModelFailureReason

const passing: ReadonlySet<LlmErrorReason> = new Set([
  "rate-limited",
  "overloaded",
  "unavailable",
  "timeout",
  "malformed-response"
])

/** A model call that failed, after the retries that it was worth. */
export class LlmError extends Schema.TaggedError<LlmError>()("LlmError", {
  provider: Schema.String,
  reason: LlmErrorReason,
  message: Schema.String,
  /** How long the service asked us to stay away. */
  retryAfter: Schema.optionalKey(Schema.Duration)
}) {
  /** The same call may succeed later. */
  get retryable(): boolean {
    return passing.has(this.reason)
  }
}

/** How long one call may take. Every figure is well below a job's deadline, so that a call cannot outlive its job. */
export interface CallLimits {
  /** Without a byte from the service. */
  readonly idle: Duration.Duration
  /** One attempt. */
  readonly attempt: Duration.Duration
  /** All attempts and the waits between them. */
  readonly total: Duration.Duration
}
