import { Schema } from "effect"

/** Why a model did not answer. */
export const LlmErrorReason = Schema.Literals([
  "rate-limited",
  "overloaded",
  "unavailable",
  "timeout",
  "unauthorized",
  "context-too-long",
  "invalid-request",
  "malformed-response",
  "budget-exceeded"
])
export type LlmErrorReason = typeof LlmErrorReason.Type

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
  message: Schema.String
}) {
  /** The same call may succeed later. */
  get retryable() {
    return passing.has(this.reason)
  }
}
