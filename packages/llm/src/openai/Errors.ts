import { oneLine } from "@nominal-code/domain/text/OneLine"
import { Duration, Option, Redacted } from "effect"
import type * as Sdk from "openai"
import { reachable, wordsOf } from "../ErrorWords.ts"
import type { LlmError, LlmErrorReason } from "../LlmError.ts"
import { failure, type ServiceDescription } from "../ModelService.ts"
import { retryAfter } from "../RetryAfter.ts"

/** Error object of the service, sent instead of an answer or within one. */
export interface ServiceErrorObject {
  readonly message: string
  readonly code?: string | null | undefined
  readonly type?: string | null | undefined
  readonly status?: number | undefined
  readonly headers?: Headers | undefined
}

/** Makes errors of ours: one line each, without the key. */
export interface ErrorMapper {
  /** Maps an error of the SDK. */
  readonly thrown: (cause: unknown) => LlmError
  /** Maps an error object of the service. */
  readonly said: (complaint: ServiceErrorObject) => LlmError
}

/** Errors of a service that is called with this SDK. */
export const explain = (sdk: typeof Sdk, name: ServiceDescription, apiKey: Redacted.Redacted): ErrorMapper => {
  const failed = (reason: LlmErrorReason, message: string) => failure(name, reason, message)

  const key = Redacted.value(apiKey)
  const plain = (text: string) =>
    oneLine(
      (key === "" ? text : text.replaceAll(key, "[REDACTED]"))
        // The service repeats the ends of a key that it does not know.
        .replace(/\bsk-[\w-]*\*+[\w-]*/g, "[REDACTED]"),
      300
    )

  const said = (complaint: ServiceErrorObject) => {
    const reason = reasonOf(complaint)
    const wait = reason === "rate-limited" || reason === "overloaded" ? waitOf(complaint.headers) : Option.none()
    return failure(name, reason, `${sentence(name, reason, complaint)}: ${plain(complaint.message)}`, wait)
  }

  const thrown = (cause: unknown) => {
    if (cause instanceof sdk.APIConnectionTimeoutError) {
      return failed("unavailable", `The ${name.api} did not answer in time`)
    }
    if (cause instanceof sdk.APIConnectionError) {
      return failed("unavailable", `Cannot reach the ${name.api}, ${reachable}: ${plain(wordsOf(cause))}`)
    }
    if (cause instanceof SyntaxError) {
      return failed("malformed-response", `The ${name.api} sent broken JSON: ${plain(cause.message)}`)
    }
    if (!(cause instanceof sdk.APIError)) {
      return failed("unavailable", `The connection to the ${name.api} broke: ${plain(wordsOf(cause))}`)
    }
    const { code, headers, status, type } = cause
    return said({ code, type, status, headers, message: cause.message.replace(`${status} `, "") })
  }

  return { said, thrown }
}

/** True if the model cannot return its thoughts, not even encrypted. */
export const isThoughtsRefusal = (error: LlmError): boolean =>
  error.reason === "invalid-request" && /encrypted.content|'include'/i.test(error.message)

const codes: ReadonlyMap<string, LlmErrorReason> = new Map([
  ["context_length_exceeded", "context-too-long"],
  ["string_above_max_length", "context-too-long"],
  ["model_not_found", "no-model"],
  ["DeploymentNotFound", "no-model"],
  ["insufficient_quota", "no-credit"],
  ["billing_hard_limit_reached", "no-credit"],
  ["billing_not_active", "no-credit"],
  ["invalid_api_key", "unauthorized"],
  ["rate_limit_exceeded", "rate-limited"],
  ["server_is_overloaded", "overloaded"],
  ["slow_down", "overloaded"],
  ["server_error", "unavailable"],
  // The service's own guard does not want the model to see this conversation.
  ["invalid_prompt", "refused"],
  ["content_filter", "refused"],
  ["bio_policy", "refused"],
  ["misalignment_policy_violation", "refused"]
])

/** Messages about a request beyond the model's window, or beyond a whole minute's limit: it has to be shorter. */
const tooLarge =
  /^request too large|exceeds the context|maximum (?:context|prompt) length|(?:prompt|input) is too long|context (?:length|window|size)|max_new_tokens.* must be/i

/** Messages about a model that the service does not have, or not for this key. */
const noModel = /\bmodel\b.*(?:not found|not exist|no longer|unknown)/i

const reasonOf = ({ code, message, status, type }: ServiceErrorObject): LlmErrorReason => {
  const known = codes.get(code ?? "")
  if (status === 413 || tooLarge.test(message)) return "context-too-long"
  if (known !== undefined) return known
  if (status === undefined) return type === "invalid_request_error" ? "invalid-request" : "unavailable"
  if (status === 429) return type === "insufficient_quota" ? "no-credit" : "rate-limited"
  if (status === 402) return "no-credit"
  if (status === 404 && noModel.test(message)) return "no-model"
  if (status === 401 || status === 403) return "unauthorized"
  if (status === 503) return "overloaded"
  return status === 408 || status === 409 || status >= 500 ? "unavailable" : "invalid-request"
}

const sentence = (
  { api, keyVariable }: ServiceDescription,
  reason: LlmErrorReason,
  { status }: ServiceErrorObject
): string => {
  const code = status === undefined ? "" : ` (${status})`
  switch (reason) {
    case "unauthorized":
      return `The ${api} refused the key${code}, check ${keyVariable}`
    case "no-credit":
      return `The ${api} has no quota left for this key${code}, check the account's billing`
    case "no-model":
      return `The ${api} has no such model${code}, check agent.model (AGENT_MODEL)`
    case "context-too-long":
      return `The conversation is too long for the model${code}`
    case "rate-limited":
      return `The ${api} limits our rate${code}`
    case "overloaded":
      return `The ${api} is overloaded${code}`
    case "refused":
      return `The ${api} does not let the model answer${code}`
    case "invalid-request":
      return `The ${api} refused the request${code}`
    default:
      return `The ${api} failed${code}`
  }
}

/** Longest wait for the reset of a limit. The headers tell when it is whole again; it lets a call through before. */
const longestReset = Duration.seconds(30)

/** Wait before the next try: as the service asks, else until a used-up limit is reset. */
const waitOf = (headers: Headers | undefined): Option.Option<Duration.Duration> => {
  const number = (name: string) =>
    Option.filter(
      Option.map(Option.fromNullishOr(headers?.get(name)), Number),
      (value) => Number.isFinite(value) && value >= 0
    )
  const resets = ["requests", "tokens"]
    .filter((limit) => headers?.get(`x-ratelimit-remaining-${limit}`) === "0")
    .map((limit) => durationOf(headers?.get(`x-ratelimit-reset-${limit}`) ?? ""))
  const reset = resets.length === 0 ? Option.none() : Option.some(Duration.min(longestReset, longest(resets)))
  return Option.firstSomeOf([
    Option.map(number("retry-after-ms"), Duration.millis),
    retryAfter(headers),
    reset
  ])
}

const longest = (durations: ReadonlyArray<Duration.Duration>) => durations.reduce(Duration.max, Duration.zero)

const units: Readonly<Record<string, number>> = { ms: 1, s: 1_000, m: 60_000, h: 3_600_000, d: 86_400_000 }

/** `6m0s`, `20ms`, `1.2s`. */
const durationOf = (text: string): Duration.Duration =>
  Duration.millis(
    [...text.matchAll(/(\d+(?:\.\d+)?)(ms|[smhd])/g)].reduce(
      (sum, [, amount, unit]) => sum + Number(amount) * (units[unit ?? ""] ?? 0),
      0
    )
  )
