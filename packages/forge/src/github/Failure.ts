import type { ForgeQuota } from "@nominal-code/domain/telemetry/Metrics"
import { oneLine } from "@nominal-code/domain/text/OneLine"
import { DateTime, Duration, Option, Schema } from "effect"
import { AnswerTooLarge } from "../Exchange.ts"
import {
  Forbidden,
  ForgeError,
  NotFound,
  RateLimited,
  type RefusalReason,
  Refused,
  Unauthorized,
  Unavailable
} from "../ForgeError.ts"
import { RedirectedAway } from "../SameOrigin.ts"

/** Reason of a failed call, without its operation. */
export type Reason = ForgeError["reason"]

const Headers = Schema.Record(Schema.String, Schema.Unknown)
type Headers = typeof Headers.Type

/** Octokit's error. Its message holds the answer's `message` and `errors`. Without a `response`, no answer came. */
const Thrown = Schema.Struct({
  status: Schema.optional(Schema.Int),
  message: Schema.String,
  response: Schema.optional(Schema.Struct({
    status: Schema.Int,
    headers: Headers,
    data: Schema.optional(Schema.Unknown)
  }))
})

/** Machine-readable part of a refusal's body. */
const Problem = Schema.Struct({
  errors: Schema.Array(Schema.Union([Schema.Struct({ code: Schema.optional(Schema.String) }), Schema.String]))
})

/** Wait that GitHub advises when it names no time. */
const defaultRateLimitWait = Duration.minutes(1)

const numberIn = (header: unknown): Option.Option<number> => {
  const value = typeof header === "string" || typeof header === "number" ? Number(header) : Number.NaN
  return Number.isFinite(value) && value >= 0 ? Option.some(value) : Option.none()
}

/** Rate limit that an answer counted against, by its headers. */
export const quotaOf = (headers: Headers): Option.Option<ForgeQuota> =>
  Option.map(numberIn(headers["x-ratelimit-remaining"]), (left) => ({
    resource: typeof headers["x-ratelimit-resource"] === "string" ? headers["x-ratelimit-resource"] : "core",
    left
  }))

/** Server's time from the answer's headers, so that a reset time does not depend on our clock. */
const serverTime = (headers: Headers, now: number): number =>
  typeof headers.date === "string"
    ? Option.match(DateTime.make(headers.date), { onNone: () => now, onSome: DateTime.toEpochMillis })
    : now

const assumedWait = new RateLimited({ retryAfter: defaultRateLimitWait, assumed: true })

const isUsedUp = (headers: Headers): boolean => numberIn(headers["x-ratelimit-remaining"]).pipe(Option.contains(0))

const limitOf = (headers: Headers, now: number, usedUp = isUsedUp(headers)): RateLimited => {
  const after = numberIn(headers["retry-after"])
  if (Option.isSome(after)) return new RateLimited({ retryAfter: Duration.seconds(after.value) })
  const reset = numberIn(headers["x-ratelimit-reset"])
  if (!usedUp || Option.isNone(reset)) return assumedWait
  const millis = Math.max(1_000, reset.value * 1_000 - serverTime(headers, now) + 1_000)
  return new RateLimited({ retryAfter: Duration.millis(millis) })
}

/** True for the 422, or 403, that answers too many posts in a short time, with a code or with a sentence. */
const isThrottled = (data: unknown, message: string): boolean =>
  Option.exists(
    Schema.decodeUnknownOption(Problem)(data),
    ({ errors }) => errors.some((error) => typeof error !== "string" && error.code === "abuse")
  ) || /submitted too quickly|\bspammed\b/i.test(message)

const isRateLimit = (status: number, headers: Headers, data: unknown, message: string): boolean =>
  status === 429 ||
  status === 403 && (
      headers["retry-after"] !== undefined || isUsedUp(headers) ||
      /rate limit|abuse detection|temporarily blocked|number of login attempts exceeded/i.test(message)
    ) ||
  (status === 403 || status === 422) && isThrottled(data, message)

/** Limit of a message, whatever a proxy put into its error page. */
const longest = 300

const samlFailure = /SAML enforcement/i

/** Refusals for which GitHub has sentences and no codes. */
const sentences: ReadonlyArray<readonly [RegExp, typeof RefusalReason.Type]> = [
  [samlFailure, "sso"],
  [/repository was archived|is archived/i, "archived"],
  [/(?:issue|conversation|pull request) (?:is|has been) locked/i, "locked"],
  [/can only have one pending review/i, "pending-review"]
]

/** Sentences of ours about each refusal: what it is, and what to do. */
const explanations: Readonly<Record<typeof RefusalReason.Type, string>> = {
  sso:
    "the organization enforces SAML single sign-on: authorise the token for it, under Configure SSO in its owner's " +
    "settings",
  archived: "the repository is archived: nothing can be posted there",
  locked: "the conversation is locked: unlock it, nothing can be posted there",
  "pending-review": "the account has an unsubmitted review on the pull request: submit or discard it"
}

const refusedBecause = (message: string) => sentences.find(([sentence]) => sentence.test(message))?.[1]

const ofStatus = (status: number, message: string): Reason => {
  const because = status === 403 || status === 422 ? refusedBecause(message) : undefined
  if (because !== undefined) {
    return new Refused({ status, because, message: `${explanations[because]} (GitHub: ${message})` })
  }
  if (status === 401) return new Unauthorized({ message: `GitHub does not accept the token: ${message}` })
  if (status === 403) {
    return new Forbidden({
      message: `the token lacks a permission (contents: read, pull requests: write): ${message}`
    })
  }
  if (status === 404 || status === 410) {
    return new NotFound({ message: `not there, or not visible to the token: ${message}` })
  }
  if (status >= 500) return new Unavailable({ message: `GitHub answered ${status}: ${message}` })
  return new Refused({ status, message })
}

/** Maps an error of Octokit to the reason of the failure. `now`, in milliseconds, is used if the answer has no date. */
export const reasonOf = (thrown: unknown, now: number): Reason => {
  const failure = Schema.decodeUnknownOption(Thrown)(thrown)
  if (Option.isNone(failure)) return new Unavailable({ message: oneLine(String(thrown), longest) })
  const { response } = failure.value
  const message = oneLine(failure.value.message, longest)
  if (response === undefined) {
    const cause = thrown instanceof Error ? thrown.cause : undefined
    if (cause instanceof RedirectedAway) return new Refused({ status: 307, message: cause.message })
    if (cause instanceof AnswerTooLarge) return new Refused({ status: 200, message })
    return new Unavailable({ message: `no answer: ${message}` })
  }
  return isRateLimit(response.status, response.headers, response.data, message)
    ? limitOf(response.headers, now)
    : ofStatus(response.status, message)
}

const GraphqlErrors = Schema.Struct({
  errors: Schema.NonEmptyArray(Schema.Struct({
    type: Schema.optional(Schema.String),
    message: Schema.String,
    extensions: Schema.optional(Schema.Struct({ code: Schema.optional(Schema.String) }))
  }))
})

/** GraphQL error types that are transient. */
const passing = new Set(["INTERNAL", "SERVICE_UNAVAILABLE", "TIMEOUT"])

/**
 * Reason of a failed query. GraphQL answers 200 with a list of errors. Data that comes with errors is a part, so it counts as none. An error with
 * neither a type nor a code is a fault of GitHub's own; with one, the query is refused, and will be again.
 */
export const graphqlReason = (answer: unknown, headers: Headers, now: number): Option.Option<Reason> =>
  Option.map(Schema.decodeUnknownOption(GraphqlErrors)(answer), ({ errors: [{ extensions, message, type }] }) => {
    const text = oneLine(message, longest)
    // The budget of points is used up, which the count of requests that remain does not show.
    if (type === "RATE_LIMITED" || type === "RATE_LIMIT") return limitOf(headers, now, true)
    if (/secondary rate limit/i.test(text)) return limitOf(headers, now)
    if (type === "NOT_FOUND") return ofStatus(404, text)
    if (type === "FORBIDDEN" || type === "INSUFFICIENT_SCOPES") return ofStatus(403, text)
    const named = type ?? extensions?.code
    return named === undefined || passing.has(named)
      ? new Unavailable({ message: text })
      : new Refused({ status: 200, message: `${named}: ${text}` })
  })

/** True if the object does not exist, or is not visible to us. */
export const isNotFound = (error: unknown): error is ForgeError =>
  error instanceof ForgeError && error.reason._tag === "NotFound"

/** True if our account may not do this. */
export const isForbidden = (error: unknown): error is ForgeError =>
  error instanceof ForgeError && error.reason._tag === "Forbidden"

/** True if GitHub does not take this review, because of its content or its state. */
export const isUnprocessable = (error: unknown): error is ForgeError =>
  error instanceof ForgeError && error.reason._tag === "Refused" && error.reason.status === 422 &&
  error.reason.because === undefined

/** True if our account has an unsubmitted review on the pull request. */
export const isPendingReview = (error: unknown): error is ForgeError =>
  error instanceof ForgeError && error.reason._tag === "Refused" && error.reason.because === "pending-review"
