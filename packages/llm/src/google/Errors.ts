import type * as Sdk from "@google/genai"
import { oneLine } from "@nominal-code/domain/text/OneLine"
import { Duration, Option, Redacted, Schema } from "effect"
import { reachable, wordsOf } from "../ErrorWords.ts"
import type { LlmError, LlmErrorReason } from "../LlmError.ts"
import { failure, type ServiceDescription } from "../ModelService.ts"

/** Maps an error of the SDK to ours: one line, without the key and the request. */
export const fromSdk =
  (sdk: typeof Sdk, name: ServiceDescription, apiKey: Redacted.Redacted) => (cause: unknown): LlmError => {
    const { api } = name
    const clean = (text: string) =>
      // The service quotes values of the request that it does not like.
      oneLine(text.replaceAll(Redacted.value(apiKey), "[REDACTED]").replace(/"[^"]{40,}"/g, "\"…\""), 300)
    const failed = (reason: LlmErrorReason, message: string) => failure(name, reason, message)

    if (cause instanceof SyntaxError) return failed("malformed-response", `The ${api} sent broken JSON`)
    if (!(cause instanceof sdk.ApiError)) {
      const text = clean(wordsOf(cause))
      return isOurs(cause)
        ? failed("invalid-request", `The request to the ${api} cannot be made: ${text}`)
        : failed("unavailable", `The connection to the ${api} broke, ${reachable}: ${text}`)
    }
    const refusal = decode(cause.message)
    const text = clean(refusal.message)
    const reason = reasonOf(cause.status, refusal)
    return failure(name, reason, `${sentence(name, reason)} (${cause.status}): ${text}`, refusal.retryDelay)
  }

/** True if the stream ended in the middle of an event, or had none. */
export const isUnfinished = (cause: unknown): boolean =>
  cause instanceof Error && /incomplete json segment|response body is empty/i.test(cause.message)

/**
 * True if the service refused a request that demands a call. Some sets of tools are too much for it only then, which it
 * does not always say; the same request without the demand may pass.
 */
export const isForcedToolRefusal = (error: LlmError): boolean =>
  error.reason === "invalid-request" && /^The .* refused the request \(400\)/.test(error.message)

interface Refusal {
  readonly message: string
  readonly details: ReadonlyArray<string>
  readonly retryDelay: Option.Option<Duration.Duration>
}

const Body = Schema.fromJsonString(Schema.Struct({
  error: Schema.Struct({
    message: Schema.optionalKey(Schema.String),
    details: Schema.optionalKey(Schema.Array(Schema.Struct({
      reason: Schema.optionalKey(Schema.String),
      retryDelay: Schema.optionalKey(Schema.String)
    })))
  })
}))

/** Reads the service's error out of the SDK's text, which has words of its own before it, or puts it in a list of one. */
const decode = (text: string): Refusal => {
  const body = Schema.decodeOption(Body)(text.slice(text.indexOf("{"), text.lastIndexOf("}") + 1))
  const error = Option.getOrUndefined(body)?.error
  const details = error?.details ?? []
  const delay = details.find(({ retryDelay }) => retryDelay !== undefined)?.retryDelay
  return {
    message: error?.message ?? text,
    details: details.flatMap(({ reason }) => reason ?? []),
    retryDelay: Option.flatMap(Option.fromUndefinedOr(delay), seconds)
  }
}

/** `34s` or `0.5s`: a duration as Protobuf writes it. */
const seconds = (text: string): Option.Option<Duration.Duration> =>
  Option.map(Option.fromNullishOr(/^(\d+(?:\.\d+)?)s$/.exec(text)?.[1]), (number) => Duration.seconds(Number(number)))

/** True for a problem that the SDK finds in a request before it sends it. */
const isOurs = (cause: unknown): boolean =>
  cause instanceof Error && /^(?:model is required|invalid model parameter|contents are required)/.test(cause.message)

const tooLong =
  /input token count|maximum number of tokens allowed|context is too long|exceeds? (?:the )?context|payload size exceeds/i

const reasonOf = (status: number, { details, message }: Refusal): LlmErrorReason => {
  if (status === 429) return "rate-limited"
  if (status === 402 || /enable billing/i.test(message)) return "no-credit"
  if (status === 401 || status === 403) return "unauthorized"
  if (status === 400 && (details.includes("API_KEY_INVALID") || /api key (?:not valid|expired)/i.test(message))) {
    return "unauthorized"
  }
  if (status === 413 || tooLong.test(message)) return "context-too-long"
  if (status === 404 && /model/i.test(message)) return "no-model"
  if (status === 503 || status === 529) return "overloaded"
  return status === 408 || status === 409 || status === 499 || status >= 500 ? "unavailable" : "invalid-request"
}

const sentence = ({ api, keyVariable }: ServiceDescription, reason: LlmErrorReason): string => {
  switch (reason) {
    case "unauthorized":
      return `The ${api} refused the key, check ${keyVariable}`
    case "no-credit":
      return `The account of the ${api} has no credit left, check its billing`
    case "no-model":
      return `The ${api} has no such model, check agent.model (AGENT_MODEL)`
    case "context-too-long":
      return "The conversation is too long for the model"
    case "rate-limited":
      return `The ${api} limits our rate`
    case "overloaded":
      return `The ${api} is overloaded`
    case "invalid-request":
      return `The ${api} refused the request`
    default:
      return `The ${api} failed`
  }
}
