import { claudeCode } from "@nominal-code/domain/settings/ReviewSettings"
import { oneLine } from "@nominal-code/domain/text/OneLine"
import { LlmError } from "@nominal-code/llm/LlmError"
import { Clock, Duration, Effect, Option } from "effect"
import type { EndEvent } from "./Events.ts"
import type { Transcript } from "./Transcript.ts"

/** Remedy of everything that is wrong with the login. */
export const logIn = "run `claude` once and log in with /login, or set ANTHROPIC_API_KEY"

/** An error of Claude Code itself. */
export const failure = (reason: LlmError["reason"], message: string): LlmError =>
  new LlmError({ provider: claudeCode, reason, message })

const longest = 300

const tooLong = /prompt is too long|context (?:window|limit|length)|input length/i

const byStatus = (status: number): LlmError["reason"] | undefined => {
  if (status === 401 || status === 403) return "unauthorized"
  if (status === 402) return "no-credit"
  if (status === 413) return "context-too-long"
  if (status === 429) return "rate-limited"
  if (status === 529) return "overloaded"
  return status >= 500 ? "unavailable" : undefined
}

const byProblem: ReadonlyMap<string, LlmError["reason"]> = new Map([
  ["authentication_failed", "unauthorized"],
  ["oauth_org_not_allowed", "unauthorized"],
  ["billing_error", "no-credit"],
  ["rate_limit", "rate-limited"],
  ["overloaded", "overloaded"],
  ["server_error", "unavailable"],
  ["invalid_request", "invalid-request"],
  ["model_not_found", "no-model"],
  ["max_output_tokens", "malformed-response"]
])

const reasonOf = ({ status, text }: EndEvent, problem: Option.Option<string>): LlmError["reason"] => {
  if (tooLong.test(text)) return "context-too-long"
  const known = Option.firstSomeOf([
    Option.flatMapNullishOr(status, byStatus),
    Option.flatMapNullishOr(problem, (name) => byProblem.get(name))
  ])
  // Without either, there was no answer of the API at all.
  return Option.getOrElse(known, () => Option.isSome(status) ? "invalid-request" : "unavailable")
}

/** Failure of a process whose last event is an error. */
export const failureOf = Effect.fnUntraced(function*(end: EndEvent, { limitedUntil, problem }: Transcript) {
  const reason = reasonOf(end, problem)
  const text = oneLine(end.text, longest)
  const now = yield* Clock.currentTimeMillis
  const wait = Option.map(limitedUntil, (seconds) => Duration.millis(Math.max(0, seconds * 1000 - now)))
  return new LlmError({
    provider: claudeCode,
    reason,
    message: reason === "unauthorized" ? `${text}: ${logIn}` : text === "" ? end.subtype : text,
    ...(reason === "rate-limited" && Option.isSome(wait) ? { retryAfter: wait.value } : {})
  })
})
