import { KnownSecrets, makeKnownSecrets } from "@nominal-code/domain/secret/KnownSecrets"
import {
  Cause,
  Console,
  Effect,
  Layer,
  Logger,
  type LogLevel,
  Option,
  Predicate,
  type Redacted,
  References
} from "effect"
import process from "node:process"
import { LogLevelFlag } from "./LogLevelFlag.ts"

const written = (value: unknown): string =>
  Predicate.isString(value) ? value : value instanceof Error ? value.message : JSON.stringify(value)

const pair = ([key, value]: readonly [string, unknown]) => {
  const text = written(value)
  return `${key}=${/[\s"=]/.test(text) ? JSON.stringify(text) : text}`
}

const isFields = (value: unknown): value is Readonly<Record<string, unknown>> =>
  Predicate.isObject(value) && !(value instanceof Error)

const partsOf = (message: unknown): ReadonlyArray<unknown> => Array.isArray(message) ? message : [message]

/** Parts of a log line: an object becomes `key=value` for each field, anything else its text. */
const part = (value: unknown): ReadonlyArray<string> =>
  isFields(value) ? Object.entries(value).map(pair) : [written(value)]

/** Logger of single lines: `2026-01-31T12:00:00.000Z INFO what happened key=value`. */
export const line: Logger.Logger<unknown, string> = Logger.make(({ cause, date, fiber, logLevel, message }) => {
  const annotations = Object.entries(fiber.getRef(References.CurrentLogAnnotations)).map(pair)
  const failure = cause.reasons.length === 0 ? [] : [Cause.pretty(cause).replaceAll("\n", " ")]
  const words = [...partsOf(message).flatMap(part), ...failure, ...annotations].join(" ").replaceAll("\n", "\\n")
  return `${date.toISOString()} ${logLevel.toUpperCase().padEnd(5)} ${words}`
})

/**
 * Writes lines to stderr, those of one turn of the program together: each write is a system call, and a batch of
 * deliveries has many lines. `flush` writes what is left: the message of a command that fails comes after its log.
 */
const makeWriter = () => {
  let lines: Array<string> = []
  let console: Console.Console | undefined
  const flush = (): void => {
    if (lines.length > 0) console?.error(lines.join("\n"))
    lines = []
  }
  const write = (line: string, current: Console.Console): void => {
    console = current
    if (lines.push(line) === 1) queueMicrotask(flush)
  }
  return { flush, write }
}

/** Logger that writes its texts to stderr, the last of them when the layer is released. */
const layerToStderr = (logger: Logger.Logger<unknown, string>) => {
  const { flush, write } = makeWriter()
  return Layer.merge(
    Logger.layer([Logger.make((options) => write(logger.log(options), options.fiber.getRef(Console.Console)))]),
    Layer.effectDiscard(Effect.addFinalizer(() => Effect.sync(flush)))
  )
}

/**
 * Logger of JSON objects, one a line: `time`, `level`, `message`, which is a text, `cause` if there is one, and each field
 * and annotation. Each text is redacted before it is written as JSON: there a secret with line breaks looks different.
 */
export const json = (redact: (text: string) => string): Logger.Logger<unknown, string> =>
  Logger.map(Logger.formatStructured, ({ annotations, cause, level, message, timestamp }) => {
    const parts = partsOf(message)
    const fields = parts.filter(isFields).reduce((all, more) => ({ ...all, ...more }), annotations)
    const entry = {
      ...fields,
      time: timestamp,
      level,
      message: parts.filter((value) => !isFields(value)).map(written).join(" "),
      ...(cause === undefined ? {} : { cause })
    }
    return JSON.stringify(entry, (_, value: unknown) => Predicate.isString(value) ? redact(value) : value)
  })

const colours: Readonly<Record<string, string>> = { Warn: "33", Error: "31", Fatal: "31", Debug: "2", Trace: "2" }

/** Logger for people: the time of day, the level, and the text with its line breaks. */
export const pretty = (colour: boolean): Logger.Logger<unknown, string> =>
  Logger.make(({ cause, date, fiber, logLevel, message }) => {
    const painted = (code: string, text: string) => colour ? `\u001b[${code}m${text}\u001b[0m` : text
    const parts = partsOf(message).flatMap(part)
    const annotations = Object.entries(fiber.getRef(References.CurrentLogAnnotations)).map(pair)
    const failure = cause.reasons.length === 0 ? [] : [`\n${Cause.pretty(cause)}`]
    const level = painted(colours[logLevel] ?? "32", logLevel.toUpperCase().padEnd(5))
    const tail = annotations.length === 0 ? [] : [painted("2", annotations.join(" "))]
    const clock = date.toISOString().slice(11, 19)
    return [painted("2", clock), level, ...parts, ...tail, ...failure].join(" ").replaceAll("\n", "\n               ")
  })

/** Settings of the log, the secrets that it hides, and the warnings that stand in it first. */
export interface LogSettings {
  readonly logFormat: "text" | "json" | "pretty"
  readonly logLevel: LogLevel.LogLevel
  readonly secrets: ReadonlyArray<Redacted.Redacted>
  readonly warnings: ReadonlyArray<string>
}

/** The logger of a format, through redaction. */
const loggerOf = (format: LogSettings["logFormat"], redact: (text: string) => string) => {
  if (format === "json") return json(redact)
  // `NO_COLOR` and what the terminal can do are known to the stream.
  const colour = process.stderr.isTTY && process.stderr.hasColors()
  return Logger.map(format === "pretty" ? pretty(colour) : line, redact)
}

/** Shows the warnings of the configuration. */
const warned = (warnings: ReadonlyArray<string>, tell: (warning: string) => Effect.Effect<void>) =>
  Layer.effectDiscard(
    Effect.gen(function*() {
      const { redact } = yield* KnownSecrets
      yield* Effect.forEach(warnings, (warning) => tell(redact(warning)), { discard: true })
    })
  )

/** The secrets of the configuration, known by value; a logger that hides them; and the warnings of the configuration. */
const hiding = (
  show: (line: string) => string,
  levelOf: (configured: LogLevel.LogLevel) => LogLevel.LogLevel,
  tell: (warning: string) => Effect.Effect<void> = Effect.logWarning
) =>
({ logFormat, logLevel, secrets, warnings }: LogSettings) =>
  Layer.provideMerge(
    warned(warnings, tell),
    Layer.unwrap(Effect.gen(function*() {
      const level = Option.getOrElse(yield* LogLevelFlag, () => levelOf(logLevel))
      const known = makeKnownSecrets(secrets)
      return Layer.mergeAll(
        Layer.succeed(KnownSecrets, known),
        layerToStderr(Logger.map(loggerOf(logFormat, known.redact), show)),
        Layer.succeed(References.MinimumLogLevel, level)
      )
    }))
  )

/** Logging to stderr, through redaction, with the warnings of the configuration first. Only results go to stdout. */
export const layer = hiding((line) => line, (level) => level)

/**
 * Logging of a review that a person waits for: warnings and errors, and more where the configuration asks for more than
 * the usual. What the configuration warns of is no line of a log there. `show` makes a line fit for the terminal.
 */
export const layerReview = (show: (line: string) => string) =>
  hiding(show, (level) => level === "Info" ? "Warn" : level, (warning) => Console.error(show(`Note: ${warning}`)))

/** No logging at all, for a command that prints what it finds; the secrets of the configuration are known all the same. */
export const layerNone = hiding((line) => line, () => "None")
