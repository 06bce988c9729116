import { Duration, type JsonSchema, Option, Redacted, Schema, SchemaTransformation } from "effect"

/**
 * Type of a setting's value, with its two forms: a YAML value, and text in the environment and on a command line.
 * `expected` completes the message "… is not …".
 */
export interface SettingType<out A> {
  readonly label: string
  readonly expected: string
  /** True for a secret, which is shown in no message and no log line. */
  readonly secret: boolean
  readonly fromYaml: (value: unknown) => Option.Option<A>
  readonly fromText: (text: string) => Option.Option<A>
  /** JSON Schema of the YAML value. Made when it is asked for: a program that only reads its settings needs none. */
  readonly shape: () => JsonSchema.JsonSchema
  /** Schema of the value within a job's JSON; none for one that cannot travel with a job. */
  readonly wire: Option.Option<Schema.Codec<A, unknown>>
}

/** Decoding options: an unknown field is an error, because it is probably a misspelling. */
const strict = { onExcessProperty: "error" } as const

/** Makes a setting type from the schemas of its two forms. */
export const make = <A>(options: {
  readonly label: string
  readonly expected: string
  readonly yaml: Schema.ConstraintDecoder<A>
  readonly text?: Schema.ConstraintDecoder<A>
  /** Schema for the JSON Schema, if YAML is read more generously than it should be written. */
  readonly shown?: Schema.Constraint
}): SettingType<A> => ({
  label: options.label,
  expected: options.expected,
  secret: false,
  fromYaml: Schema.decodeUnknownOption(options.yaml, strict),
  fromText: Schema.decodeUnknownOption(options.text ?? options.yaml, strict),
  shape: () => Schema.toJsonSchemaDocument(options.shown ?? options.yaml).schema,
  wire: Option.some(Schema.toType(options.yaml))
})

/** A setting type whose values are made from those of another one. */
export const mapped = <A, B>(kind: SettingType<A>, make: (value: A) => B): SettingType<B> => ({
  ...kind,
  fromYaml: (value) => Option.map(kind.fromYaml(value), make),
  fromText: (text) => Option.map(kind.fromText(text), make),
  wire: Option.none()
})

/** The type of a setting that may stay unset. */
export const option = <A>(kind: SettingType<A>): SettingType<Option.Option<A>> => ({
  ...mapped(kind, Option.some),
  wire: Option.map(kind.wire, Schema.OptionFromNullOr)
})

/** Text, verbatim. An unquoted number in YAML is no text. */
export const text: SettingType<string> = make({
  label: "text",
  expected: "text: put it in quotes",
  yaml: Schema.String
})

/** Text without the spaces around it that matches a pattern. */
export const word = (label: string, expected: string, pattern: RegExp): SettingType<string> =>
  make({
    label,
    expected,
    yaml: Schema.Trim.check(Schema.isPattern(pattern)),
    shown: Schema.String
  })

/** A name, without the spaces around it. */
export const line: SettingType<string> = word("text", "one line of text: put it in quotes", /^.+$/)

/** A path of this machine. Relative ones start at the working directory of the process. */
export const path: SettingType<string> = word(
  "path",
  "a path: write the home directory out, ~ is not expanded",
  /^[^~\0][^\0]*$/
)

/** One of a few words. */
export const oneOf = <const L extends ReadonlyArray<string>>(literals: L): SettingType<L[number]> =>
  make({ label: literals.join(" / "), expected: `one of ${literals.join(", ")}`, yaml: Schema.Literals(literals) })

const digits = Schema.Trim.check(Schema.isPattern(/^[+-]?\d{1,15}$/))
const decimals = Schema.Trim.check(Schema.isPattern(/^[+-]?\d{1,12}(?:\.\d{1,12})?$/))
const toNumber = SchemaTransformation.transform({ decode: Number, encode: String })

const numeric = (
  label: string,
  expected: string,
  number: Schema.Codec<number>,
  form: Schema.Codec<string>
): SettingType<number> => {
  const fromText = form.pipe(Schema.decodeTo(number, toNumber))
  return make({ label, expected, yaml: Schema.Union([number, fromText]), text: fromText, shown: number })
}

/** A whole number between two bounds, both included. */
export const integer = (minimum: number, maximum?: number): SettingType<number> =>
  maximum === undefined
    ? numeric(
      "whole number",
      `a whole number of at least ${minimum}`,
      Schema.Int.check(Schema.isGreaterThanOrEqualTo(minimum)),
      digits
    )
    : numeric(
      "whole number",
      `a whole number from ${minimum} to ${maximum}`,
      Schema.Int.check(Schema.isBetween({ minimum, maximum })),
      digits
    )

/** A number that is not negative, with or without decimals. */
export const amount: SettingType<number> = numeric(
  "number",
  "a number of at least 0, like 2.50",
  Schema.Finite.check(Schema.isGreaterThanOrEqualTo(0)),
  decimals
)

const units = { s: Duration.seconds, m: Duration.minutes, h: Duration.hours, d: Duration.days }
const isUnit = Schema.is(Schema.Literals(["s", "m", "h", "d"]))
const timeSpan = /^([1-9]\d{0,5})([smhd])$/

/** A time span: a whole number of seconds, minutes, hours or days, like `24h`. */
export const duration: SettingType<Duration.Duration> = (() => {
  const written = word("time span", "a time span like 90s, 15m, 24h or 7d", timeSpan)
  const spanOf = (text: string) => {
    const [, number, unit] = timeSpan.exec(text) ?? []
    return isUnit(unit) ? Option.some(units[unit](Number(number))) : Option.none()
  }
  return {
    ...written,
    fromText: (text) => Option.flatMap(written.fromText(text), spanOf),
    fromYaml: (value) => Option.flatMap(written.fromYaml(value), spanOf),
    wire: Option.none()
  }
})()

/** A time span as a whole number of seconds between two bounds. */
export const seconds = (minimum: number, maximum?: number): SettingType<Duration.Duration> =>
  mapped(integer(minimum, maximum), Duration.seconds)

/** A time span as a whole number of hours. */
export const hours = (minimum: number): SettingType<Duration.Duration> => mapped(integer(minimum), Duration.hours)

const flagText = Schema.Trim.check(Schema.isPattern(/^(?:true|yes|1|false|no|0)$/i)).pipe(
  Schema.decodeTo(
    Schema.Boolean,
    SchemaTransformation.transform({
      decode: (text) => /^[ty1]/i.test(text),
      encode: (flag) => flag ? "true" : "false"
    })
  )
)

/** On or off. Anything else is an error: a misspelled `false` must not pass for either. */
export const flag: SettingType<boolean> = make({
  label: "true or false",
  expected: "true or false (yes, no, 1 and 0 do too)",
  yaml: Schema.Union([Schema.Boolean, flagText]),
  text: flagText,
  shown: Schema.Boolean
})

const Items = Schema.Array(Schema.String)
const tidy = SchemaTransformation.transform<ReadonlyArray<string>, ReadonlyArray<string>>({
  decode: (items) => items.map((item) => item.trim()).filter((item) => item !== ""),
  encode: (items) => items
})
const commaSeparated = SchemaTransformation.transform<ReadonlyArray<string>, string>({
  decode: (line) => line.split(","),
  encode: (items) => items.join(",")
})

/** A list of texts, commas between them in the environment. Spaces around an item and empty items are dropped. */
export const list = (of: string, item: Schema.Codec<string> = Schema.String): SettingType<ReadonlyArray<string>> => {
  const yaml = Items.pipe(Schema.decodeTo(Schema.Array(item), tidy))
  return make({
    label: "list",
    expected: `a list of ${of}: [one, two] in YAML, one,two in the environment`,
    yaml,
    text: Schema.String.pipe(Schema.decodeTo(yaml, commaSeparated)),
    shown: Items
  })
}

/** A list of title tags: case does not count, and an item of a YAML list may hold several. */
export const tags: SettingType<ReadonlyArray<string>> = (() => {
  const { fromText, ...rest } = list("title tags")
  const lower = (text: string) =>
    Option.map(fromText(text), (items) => [...new Set(items.map((item) => item.toLowerCase()))])
  return {
    ...rest,
    fromText: lower,
    fromYaml: (value) => Option.flatMap(rest.fromYaml(value), (items) => lower(items.join(",")))
  }
})()

const pairs = SchemaTransformation.transform<Readonly<Record<string, string>>, string>({
  decode: (line) =>
    Object.fromEntries(
      line.split(",").filter((pair) => pair.trim() !== "").map((pair) => {
        const at = pair.indexOf("=")
        return at === -1 ? [pair.trim(), ""] : [pair.slice(0, at).trim(), pair.slice(at + 1).trim()]
      })
    ),
  encode: (entries) => Object.entries(entries).map(([key, value]) => `${key}=${value}`).join(",")
})

/** A map of texts, `key=value` with commas between them in the environment. */
export const map = (of: string, key: RegExp, value: RegExp): SettingType<Readonly<Record<string, string>>> => {
  const isFit = (entries: Readonly<Record<string, string>>) =>
    Object.entries(entries).every(([name, text]) => key.test(name) && value.test(text))
  const yaml = Schema.Record(Schema.String, Schema.String).check(Schema.makeFilter(isFit))
  return make({
    label: "map",
    expected: `a map of ${of}, its values in quotes: {key: "value"} in YAML, key=value,other=value in the environment`,
    yaml,
    text: Schema.String.pipe(Schema.decodeTo(yaml, pairs)),
    shown: Schema.Record(Schema.String, Schema.String)
  })
}

/** A value of several levels: JSON in the environment. */
export const structure = <A>(
  label: string,
  expected: string,
  yaml: Schema.Codec<A>,
  shown: Schema.Constraint
): SettingType<A> => make({ label, expected, yaml, text: Schema.fromJsonString(yaml), shown })

/** Setting type of a secret, which is never shown. */
export const secret = (kind: SettingType<string>): SettingType<Redacted.Redacted> => ({
  ...mapped(kind, (text) => Redacted.make(text)),
  label: "secret",
  secret: true
})
