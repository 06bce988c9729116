import type * as Sdk from "@anthropic-ai/sdk"
import { oneLine } from "@nominal-code/domain/text/OneLine"
import { Redacted } from "effect"
import { reachable, rootOf } from "../ErrorWords.ts"
import type { LlmError, LlmErrorReason } from "../LlmError.ts"
import { failure, type ServiceDescription } from "../ModelService.ts"
import { retryAfter } from "../RetryAfter.ts"

/** Maps an error of the SDK to ours: one line, without the key. */
export const fromSdk =
  (sdk: typeof Sdk, name: ServiceDescription, apiKey: Redacted.Redacted) => (cause: unknown): LlmError => {
    const text = oneLine(said(cause).replaceAll(Redacted.value(apiKey), "[REDACTED]"), 300)
    const failed = (reason: LlmErrorReason, message: string) => failure(name, reason, message)

    if (cause instanceof sdk.APIConnectionTimeoutError) {
      return failed("unavailable", `The ${name.api} did not answer in time`)
    }
    if (cause instanceof sdk.APIConnectionError) {
      return failed("unavailable", `Cannot reach the ${name.api}, ${reachable}: ${text}`)
    }
    if (cause instanceof SyntaxError) return failed("malformed-response", `The ${name.api} sent broken JSON: ${text}`)
    if (!(cause instanceof sdk.APIError)) {
      return failed("unavailable", `The connection to the ${name.api} broke: ${text}`)
    }
    const status: number | undefined = cause.status
    const reason = reasonOf(status, cause.type, text)
    return failure(name, reason, `${sentence(name, reason, status)}: ${text}`, retryAfter(cause.headers))
  }

/** True if the model refuses a forced tool call, as models do that always think. */
export const isForcedToolRefusal = (error: LlmError): boolean =>
  error.reason === "invalid-request" && /tool_choice|forc\w+ tool|tool use/i.test(error.message)

/**
 * True if the service takes a thought for that of another conversation: newer models compare what came before it with
 * what came before it when it was thought.
 */
export const isForeignThought = (error: LlmError): boolean =>
  error.reason === "invalid-request" && /thinking.*block|block is bound/i.test(error.message)

const said = (cause: unknown): string => {
  if (!(cause instanceof Error)) return String(cause)
  const message = "apiMessage" in cause && typeof cause.apiMessage === "string" ? cause.apiMessage : cause.message
  const root = rootOf(cause)
  return root === cause ? message : `${message} (${root.message})`
}

const reasonOf = (status: number | undefined, type: string | null, text: string): LlmErrorReason => {
  if (status === 529 || status === 503 || type === "overloaded_error") return "overloaded"
  if (status === 429 || type === "rate_limit_error") return "rate-limited"
  if (status === 402 || type === "billing_error" || /credit balance is too low/i.test(text)) return "no-credit"
  if (status === 401 || status === 403 || type === "authentication_error") return "unauthorized"
  if (
    status === 413 ||
    /(?:prompt|input) is too long|exceeds? (?:the )?context|context (?:length|window|limit)/i.test(text)
  ) {
    return "context-too-long"
  }
  if ((status === 404 && /model/i.test(text)) || /model identifier is invalid/i.test(text)) return "no-model"
  if (status === undefined) return type === "invalid_request_error" ? "invalid-request" : "unavailable"
  return status === 408 || status === 409 || status >= 500 ? "unavailable" : "invalid-request"
}

const sentence = (
  { api, keyVariable }: ServiceDescription,
  reason: LlmErrorReason,
  status: number | undefined
): string => {
  const code = status === undefined ? "" : ` (${status})`
  switch (reason) {
    case "unauthorized":
      return `The ${api} refused the key${code}, check ${keyVariable}`
    case "no-credit":
      return `The account of the ${api} has no credit left${code}, check its billing`
    case "no-model":
      return `The ${api} has no such model${code}, check agent.model (AGENT_MODEL)`
    case "context-too-long":
      return `The conversation is too long for the model${code}`
    case "rate-limited":
      return `The ${api} limits our rate${code}`
    case "overloaded":
      return `The ${api} is overloaded${code}`
    case "invalid-request":
      return `The ${api} refused the request${code}`
    default:
      return `The ${api} failed${code}`
  }
}
