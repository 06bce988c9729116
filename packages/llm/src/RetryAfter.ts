import { DateTime, Duration, Option } from "effect"

const millisOf = (text: string | null | undefined): Option.Option<number> =>
  Option.flatMap(
    Option.fromNullishOr(text),
    (text) => /[a-z]/i.test(text) ? Option.map(DateTime.make(text), DateTime.toEpochMillis) : Option.none()
  )

/**
 * Wait that a `retry-after` header asks for: seconds, or an HTTP date. A date is compared with the service's own clock,
 * which is its `date` header.
 */
export const retryAfter = (headers: Headers | undefined): Option.Option<Duration.Duration> => {
  const header = headers?.get("retry-after")?.trim() ?? ""
  const seconds = header === "" ? Number.NaN : Number(header)
  if (Number.isFinite(seconds) && seconds >= 0) return Option.some(Duration.seconds(seconds))
  return Option.map(
    Option.all([millisOf(header), millisOf(headers?.get("date"))]),
    ([then, now]) => Duration.millis(Math.max(0, then - now))
  )
}
