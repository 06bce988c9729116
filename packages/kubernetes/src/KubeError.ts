import { Schema } from "effect"

/**
 * Reason why a call of the Kubernetes API failed. `refused`: it will not do that, however often it is asked.
 * `forbidden`: the account may not do it; an API server that has just been started says so to everybody for a second or
 * two. `full`: admission turned a new object away, for want of quota for instance. `busy` and `unreachable` pass.
 * `exists` and `absent` are about the object; `expired`: a watch has missed too much, and has to begin anew with a
 * list.
 */
export const KubeErrorReason = Schema.Literals([
  "refused",
  "forbidden",
  "full",
  "busy",
  "unreachable",
  "exists",
  "absent",
  "expired"
])
export type KubeErrorReason = typeof KubeErrorReason.Type

/** A call of the Kubernetes API that failed. `detail` is the server's own message. */
export class KubeError extends Schema.TaggedError<KubeError>()("KubeError", {
  operation: Schema.String,
  reason: KubeErrorReason,
  detail: Schema.String,
  /** Wait that the server asked for. */
  retryAfter: Schema.optionalKey(Schema.Duration)
}) {
  override get message() {
    return `Kubernetes: ${this.operation}: ${this.detail}`
  }

  /** True if the same call may succeed later. */
  get retryable(): boolean {
    return !/^(?:refused|exists|absent|expired)$/.test(this.reason)
  }
}
