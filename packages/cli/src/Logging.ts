import { AppConfig } from "@nominal-code/config/AppConfig"
import * as Redaction from "@nominal-code/domain/Redaction"
import { Cause, Effect, Layer, Logger, Predicate, Redacted, References } from "effect"

const written = (value: unknown): string =>
  Predicate.isString(value) ? value : value instanceof Error ? value.message : JSON.stringify(value)

const pair = ([key, value]: readonly [string, unknown]) => {
  const text = written(value)
  return `${key}=${/[\s"=]/.test(text) ? JSON.stringify(text) : text}`
}

/** Parts of a log line: an object becomes `key=value` for each field, anything else its text. */
const part = (value: unknown): ReadonlyArray<string> =>
  Predicate.isObject(value) && !(value instanceof Error) ? Object.entries(value).map(pair) : [written(value)]

/** Logger of single lines: `2026-01-31T12:00:00.000Z INFO what happened key=value`. */
export const line: Logger.Logger<unknown, string> = Logger.make(({ cause, date, fiber, logLevel, message }) => {
  const parts = Array.isArray(message) ? message : [message]
  const annotations = Object.entries(fiber.getRef(References.CurrentLogAnnotations)).map(pair)
  const failure = cause.reasons.length === 0 ? [] : [Cause.pretty(cause).replaceAll("\n", " ")]
  const words = [...parts.flatMap(part), ...failure, ...annotations].join(" ").replaceAll("\n", "\\n")
  return `${date.toISOString()} ${logLevel.toUpperCase().padEnd(5)} ${words}`
})

/** Logs what the configuration warns of. */
const warned = Layer.effectDiscard(
  Effect.flatMap(
    AppConfig,
    ({ warnings }) => Effect.forEach(warnings, (warning) => Effect.logWarning(warning), { discard: true })
  )
)

/** Logging to stderr, through redaction, with the warnings of the configuration first. Only results go to stdout. */
export const layer = Layer.provideMerge(
  warned,
  Layer.unwrap(Effect.gen(function*() {
    const { logLevel, secrets } = yield* AppConfig
    const redact = Redaction.make(secrets.map(Redacted.value))
    return Layer.merge(
      Logger.layer([Logger.withConsoleError(Logger.map(line, redact))]),
      Layer.succeed(References.MinimumLogLevel, logLevel)
    )
  }))
)

/**
 * Logging of a review that a person waits for: warnings and errors, and more where the configuration asks for more than
 * the usual. `show` makes a line fit for the terminal.
 */
export const layerReview = (show: (line: string) => string) =>
  Layer.provideMerge(
    warned,
    Layer.unwrap(Effect.gen(function*() {
      const { logLevel, secrets } = yield* AppConfig
      const redact = Redaction.make(secrets.map(Redacted.value))
      return Layer.merge(
        Logger.layer([Logger.withConsoleError(Logger.map(Logger.map(line, redact), show))]),
        Layer.succeed(References.MinimumLogLevel, logLevel === "Info" ? "Warn" : logLevel)
      )
    }))
  )
