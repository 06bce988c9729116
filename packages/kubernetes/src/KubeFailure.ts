import { oneLine } from "@nominal-code/domain/text/OneLine"
import { Duration, Option, Predicate, Schema } from "effect"
import { KubeError, type KubeErrorReason } from "./KubeError.ts"

/** Error body of the API server. */
const Status = Schema.Struct({
  message: Schema.optionalKey(Schema.String),
  reason: Schema.optionalKey(Schema.String),
  code: Schema.optionalKey(Schema.Int),
  details: Schema.optionalKey(
    Schema.Struct({ name: Schema.optionalKey(Schema.String), retryAfterSeconds: Schema.optionalKey(Schema.Int) })
  )
})
type Status = typeof Status.Type

const statusOf = Schema.decodeUnknownOption(Schema.Union([Status, Schema.fromJsonString(Status)]))

/**
 * Reason of a refusal. A create is authorised before its object has a name there: a 403 that names the object has passed the account's
 * rights, and comes from admission (a quota, a namespace that is being deleted).
 */
const reasonOf = (operation: string, code: number, { details, reason }: Status): KubeErrorReason => {
  if (code === 409) return reason === "AlreadyExists" ? "exists" : "busy"
  if (code === 404) return "absent"
  if (code === 410) return "expired"
  if (code === 401 || code === 429 || code >= 500) return "busy"
  if (code !== 403) return "refused"
  return operation.startsWith("create") && details?.name !== undefined ? "full" : "forbidden"
}

const secondsIn = (headers: unknown): number | undefined => {
  const value = Predicate.isObject(headers) && Predicate.hasProperty(headers, "retry-after")
    ? Number(headers["retry-after"])
    : Number.NaN
  return Number.isFinite(value) ? value : undefined
}

/** Error of a status that the API server sent, as an answer or within a watch. */
export const statusFailure = (operation: string, code: number, body: unknown, headers?: unknown): KubeError => {
  const status = Option.getOrElse(statusOf(body), (): Status => ({}))
  const seconds = secondsIn(headers) ?? status.details?.retryAfterSeconds
  return new KubeError({
    operation,
    reason: reasonOf(operation, code, status),
    detail: oneLine(status.message ?? `the API server answered ${code}`, 2000),
    ...(seconds === undefined ? {} : { retryAfter: Duration.seconds(seconds) })
  })
}

/** Message of a connection error, from its innermost cause: `fetch failed` alone says nothing. */
const told = (cause: unknown): string => {
  if (!Predicate.isError(cause)) return String(cause)
  return Predicate.isError(cause.cause) ? told(cause.cause) : cause.message
}

/** Maps an error of the SDK to ours. */
export const failureOf = (operation: string) => (cause: unknown): KubeError => {
  if (Predicate.hasProperty(cause, "code") && Predicate.isNumber(cause.code)) {
    const { body, headers } = { body: undefined, headers: undefined, ...cause }
    return statusFailure(operation, cause.code, body, headers)
  }
  if (Predicate.hasProperty(cause, "statusCode") && Predicate.isNumber(cause.statusCode)) {
    return statusFailure(operation, cause.statusCode, undefined)
  }
  return new KubeError({
    operation,
    reason: "unreachable",
    detail: `the API server cannot be reached: ${told(cause)}`
  })
}
