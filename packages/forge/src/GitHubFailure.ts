import { DateTime, Duration, Option, Schema } from "effect"
import { type ForgeError, NotFound, RateLimited, Refused, Unauthorized, Unavailable } from "./ForgeError.ts"

/** Why a call failed, before it is said which call. */
export type Reason = ForgeError["reason"]

const Headers = Schema.Record(Schema.String, Schema.Unknown)

/** What Octokit throws. Without a response, no answer came. */
const Thrown = Schema.Struct({
  status: Schema.optional(Schema.Int),
  message: Schema.String,
  response: Schema.optional(Schema.Struct({ status: Schema.Int, headers: Headers }))
})

/** What GitHub asks for when it names no time. */
const politeWait = Duration.minutes(1)

const seconds = (header: unknown): Option.Option<number> => {
  const value = typeof header === "string" || typeof header === "number" ? Number(header) : Number.NaN
  return Number.isFinite(value) && value >= 0 ? Option.some(value) : Option.none()
}

/** The server's own clock, so that the time of a reset needs no clock of ours to be right. */
const serverTime = (headers: typeof Headers.Type, now: number): number =>
  typeof headers.date === "string"
    ? Option.match(DateTime.make(headers.date), { onNone: () => now, onSome: DateTime.toEpochMillis })
    : now

const waitAsked = (headers: typeof Headers.Type, now: number): Duration.Duration => {
  const after = seconds(headers["retry-after"])
  if (Option.isSome(after)) return Duration.seconds(after.value)
  const reset = seconds(headers["x-ratelimit-reset"])
  if (seconds(headers["x-ratelimit-remaining"]).pipe(Option.contains(0)) && Option.isSome(reset)) {
    return Duration.millis(Math.max(1_000, reset.value * 1_000 - serverTime(headers, now) + 1_000))
  }
  return politeWait
}

const isRateLimit = (status: number, headers: typeof Headers.Type, message: string): boolean =>
  status === 429 || status === 403 && (
      headers["retry-after"] !== undefined ||
      seconds(headers["x-ratelimit-remaining"]).pipe(Option.contains(0)) ||
      /secondary rate limit|abuse detection/i.test(message)
    )

/** One line, whatever a proxy put into its error page. */
const oneLine = (text: string): string => text.replaceAll(/\s+/g, " ").trim().slice(0, 300)

const ofStatus = (status: number, message: string): Reason => {
  if (status === 401) return new Unauthorized({ message: `GitHub does not accept the token: ${message}` })
  if (status === 403) {
    return new Unauthorized({
      message: `the token lacks a permission (contents: read, pull requests: write): ${message}`
    })
  }
  if (status === 404 || status === 410) {
    return new NotFound({ message: `not there, or not visible to the token: ${message}` })
  }
  if (status >= 500) return new Unavailable({ message: `GitHub answered ${status}: ${message}` })
  return new Refused({ status, message })
}

/** A redirect that leads away from the configured host, where our token must not go. */
export class RedirectedAway extends Error {}

/** What Octokit threw → why the call failed. `now`, in milliseconds, counts where the answer has no date. */
export const reasonOf = (thrown: unknown, now: number): Reason => {
  const failure = Schema.decodeUnknownOption(Thrown)(thrown)
  if (Option.isNone(failure)) return new Unavailable({ message: oneLine(String(thrown)) })
  const { response } = failure.value
  const message = oneLine(failure.value.message)
  if (response === undefined) {
    const cause = thrown instanceof Error ? thrown.cause : undefined
    return cause instanceof RedirectedAway
      ? new Refused({ status: 307, message: cause.message })
      : new Unavailable({ message: `no answer: ${message}` })
  }
  return isRateLimit(response.status, response.headers, message)
    ? new RateLimited({ retryAfter: waitAsked(response.headers, now) })
    : ofStatus(response.status, message)
}

const GraphqlErrors = Schema.Struct({
  errors: Schema.NonEmptyArray(Schema.Struct({ type: Schema.optional(Schema.String), message: Schema.String }))
})

/** GraphQL answers 200 with a list of errors. Data that comes with errors is a part, so it counts as none. */
export const graphqlReason = (answer: unknown): Option.Option<Reason> =>
  Option.map(Schema.decodeUnknownOption(GraphqlErrors)(answer), ({ errors: [{ message, type }] }) => {
    const text = oneLine(message)
    if (type === "RATE_LIMITED" || /secondary rate limit/i.test(text)) {
      return new RateLimited({ retryAfter: politeWait })
    }
    if (type === "NOT_FOUND") return ofStatus(404, text)
    if (type === "FORBIDDEN" || type === "INSUFFICIENT_SCOPES") return ofStatus(403, text)
    return new Unavailable({ message: text })
  })
