import { ModelFailureReason } from "@nominal-code/domain/job/Failure"
import { type Duration, Schema } from "effect"

/** Reason why a model did not answer. `refused`: it declined the request, and will again. */
export const LlmErrorReason = ModelFailureReason
export type LlmErrorReason = ModelFailureReason

const passing: ReadonlySet<LlmErrorReason> = new Set([
  "rate-limited",
  "overloaded",
  "unavailable",
  "timeout",
  "malformed-response"
])

/** Reasons that a service gives instead of an answer, and does not bill. */
const unbilled: ReadonlySet<LlmErrorReason> = new Set([
  "rate-limited",
  "unauthorized",
  "no-credit",
  "no-model",
  "context-too-long",
  "invalid-request",
  "budget-exceeded"
])

/** A model call that failed, after its retries. */
export class LlmError extends Schema.TaggedError<LlmError>()("LlmError", {
  provider: Schema.String,
  reason: LlmErrorReason,
  message: Schema.String,
  /** Wait that the service asked for. */
  retryAfter: Schema.optionalKey(Schema.Duration),
  /** True if the model takes no tools at all; the same conversation without them may pass. */
  refusesTools: Schema.optionalKey(Schema.Boolean),
  /** `no`: the service has not got the request, or refused it. Absent: what the reason says. */
  billed: Schema.optionalKey(Schema.Literals(["no", "unknown"]))
}) {
  /** True if the same call may succeed later. */
  get retryable(): boolean {
    return passing.has(this.reason)
  }

  /** True if the service may bill what it was asked, although its answer did not arrive. */
  get mayBeBilled(): boolean {
    return this.billed === undefined ? !unbilled.has(this.reason) : this.billed === "unknown"
  }

  withBilled(billed: "no" | "unknown"): LlmError {
    const { message, provider, reason, refusesTools, retryAfter } = this
    return new LlmError({
      provider,
      reason,
      message,
      billed,
      ...(retryAfter === undefined ? {} : { retryAfter }),
      ...(refusesTools === undefined ? {} : { refusesTools })
    })
  }
}

/** Time limits of one call. Every figure is well below a job's deadline, so that a call cannot outlive its job. */
export interface CallLimits {
  /** Limit of time without a byte from the service. */
  readonly idle: Duration.Duration
  /** Limit of one attempt. */
  readonly attempt: Duration.Duration
  /** Limit of all attempts and the waits between them. */
  readonly total: Duration.Duration
}
