import { oneLine } from "@nominal-code/domain/text/OneLine"
import { DateTime, Duration, Option, Schema } from "effect"
import { type Answer, AnswerTooLarge } from "../Exchange.ts"
import { Forbidden, ForgeError, NotFound, RateLimited, Refused, Unauthorized, Unavailable } from "../ForgeError.ts"
import { RedirectedAway } from "../SameOrigin.ts"

/** Reason of a failed call, without its operation. */
export type Reason = ForgeError["reason"]

/** An answer of GitLab that is not what was asked for. */
export class UnexpectedAnswer extends Error {
  readonly status: number
  readonly headers: Answer["headers"]
  readonly text: string

  constructor({ headers, status }: Pick<Answer, "headers" | "status">, text: string) {
    super(`GitLab answered ${status}`)
    this.status = status
    this.headers = headers
    this.text = text
  }
}

/** GitLab's forms of a problem. `message` is a sentence, or a list of sentences for each attribute. */
const Problem = Schema.fromJsonString(Schema.Struct({
  message: Schema.optionalKey(Schema.Unknown),
  error: Schema.optionalKey(Schema.Unknown),
  error_description: Schema.optionalKey(Schema.String)
}))

/** Limit of a message, whatever a proxy put into its error page. */
const longest = 300

const wordsOf = (value: unknown): string => typeof value === "string" ? value : JSON.stringify(value)

const messageOf = (text: string): string =>
  Option.match(Schema.decodeOption(Problem)(text), {
    onNone: () => oneLine(text, longest),
    onSome: ({ error, error_description, message }) =>
      oneLine(
        [message, error, error_description].filter((part) => part !== undefined).map(wordsOf).join(": "),
        longest
      )
  })

/** Wait for a limit whose end GitLab does not name: its limits count by the minute. */
const defaultRateLimitWait = Duration.minutes(1)

const numberIn = (header: string | null | undefined): number =>
  header === null || header === undefined || header.trim() === "" ? Number.NaN : Number(header)

/** Server's time from the answer's headers, so that a reset time does not depend on our clock. */
const serverTime = (headers: Answer["headers"], now: number): number =>
  Option.match(DateTime.make(headers.get("date") ?? ""), { onNone: () => now, onSome: DateTime.toEpochMillis })

const limitOf = (headers: Answer["headers"], now: number): RateLimited => {
  const after = numberIn(headers.get("retry-after"))
  if (after >= 0) return new RateLimited({ retryAfter: Duration.seconds(after) })
  const reset = numberIn(headers.get("ratelimit-reset"))
  if (reset >= 0) {
    const millis = Math.max(1_000, reset * 1_000 - serverTime(headers, now) + 1_000)
    return new RateLimited({ retryAfter: Duration.millis(millis) })
  }
  return new RateLimited({ retryAfter: defaultRateLimitWait, assumed: true })
}

const ofAnswer = ({ headers, status, text }: UnexpectedAnswer, now: number): Reason => {
  const message = messageOf(text)
  if (status === 429) return limitOf(headers, now)
  if (status === 401) return new Unauthorized({ message: `GitLab does not accept the token: ${message}` })
  if (status === 403) {
    return new Forbidden({
      message: `the token lacks a permission (scope api, role Developer or Reporter with access to code): ${message}`
    })
  }
  if (status === 404 || status === 410) {
    return new NotFound({ message: `not there, or not visible to the token: ${message}` })
  }
  if (status >= 500) return new Unavailable({ message: `GitLab answered ${status}: ${message}` })
  if (status < 300) {
    return new Unavailable({
      message: `GitLab answered ${headers.get("content-type") ?? "nothing"} and not JSON: is this its address, and ` +
        `nothing between us that asks for a login? ${message}`
    })
  }
  return new Refused({ status, message })
}

/** Maps what a request threw to the reason of the failure. `now`, in milliseconds, is used if the answer has no date. */
export const reasonOf = (thrown: unknown, now: number): Reason => {
  if (thrown instanceof UnexpectedAnswer) return ofAnswer(thrown, now)
  if (thrown instanceof AnswerTooLarge) return new Refused({ status: 200, message: thrown.message })
  if (thrown instanceof RedirectedAway) return new Refused({ status: 307, message: thrown.message })
  const cause = thrown instanceof Error && thrown.cause instanceof Error ? `: ${thrown.cause.message}` : ""
  const message = thrown instanceof Error && thrown.message !== "" ? thrown.message : String(thrown)
  return new Unavailable({ message: oneLine(`no answer: ${message}${cause}`, longest) })
}

/** True if the object does not exist, or is not visible to us. */
export const isNotFound = (error: unknown): error is ForgeError =>
  error instanceof ForgeError && error.reason._tag === "NotFound"

/** True if GitLab does not do this with the rights that we have, or in the state that the object is in. */
export const isForbidden = (error: unknown): error is ForgeError =>
  error instanceof ForgeError && error.reason._tag === "Forbidden"

/** True if GitLab has answered, with more than what is read. */
export const isTooLarge = (error: unknown): error is ForgeError =>
  error instanceof ForgeError && error.reason._tag === "Refused" && error.reason.status === 200

/** True if GitLab does not take a request because of its content. */
export const isRefused = (error: unknown): error is ForgeError =>
  error instanceof ForgeError && error.reason._tag === "Refused" && [400, 409, 422].includes(error.reason.status)
