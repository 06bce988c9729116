import { Schema } from "effect"

/**
 * Why the Kubernetes API did not do what it was asked. `refused`: it will not do that, however often it is asked.
 * `forbidden`: the account may not do it; an API server that has just been started says so to everybody for a second or
 * two. `full`: admission turned a new object away, for want of quota for instance. `busy` and `unreachable` pass.
 * `exists` and `absent` are about the object; `expired`: a watch has missed too much, and has to begin anew with a list.
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
  /** How long the server asked us to stay away. */
  retryAfter: Schema.optionalKey(Schema.Duration)
}) {
  override get message() {
    return `Kubernetes: ${this.operation}: ${this.detail}`
  }

  /** The same call may succeed later. */
  get retryable(): boolean {
    return !/^(?:refused|exists|absent|expired)$/.test(this.reason)
  }
}
