import type { GitHubSettings } from "@nominal-code/config/AppConfig"
import { effectiveSettings } from "@nominal-code/config/EffectiveSettings"
import { Origin } from "@nominal-code/config/Origin"
import * as Redaction from "@nominal-code/domain/secret/Redaction"
import { Console, Effect, Option, Predicate, Redacted, Schema } from "effect"
import * as ConfigText from "../ConfigText.ts"
import { printable } from "../review/TerminalText.ts"

/** A setting as JSON. */
const Listed = Schema.Struct({
  /** Its path in YAML; none for one that only the environment sets. */
  path: Schema.OptionFromOptionalKey(Schema.String),
  variable: Schema.String,
  value: Schema.OptionFromOptionalKey(Schema.Unknown),
  /** Length of a secret. */
  characters: Schema.OptionFromOptionalKey(Schema.Int),
  from: Origin
})

const encode = Schema.encodeEffect(Schema.fromJsonString(Schema.Array(Listed)))

/** A value with each of its texts redacted. */
const redacted = (value: unknown, redact: (text: string) => string): unknown => {
  if (Predicate.isString(value)) return redact(value)
  if (Array.isArray(value)) return value.map((item) => redacted(item, redact))
  return Predicate.isObject(value)
    ? Object.fromEntries(Object.entries(value).map(([key, inner]) => [redact(key), redacted(inner, redact)]))
    : value
}

const isSideBySide = ({ credentials }: GitHubSettings): boolean =>
  credentials._tag === "App" && credentials.token !== undefined

/** Prints every setting as the configuration that holds here has it, and on stderr its warnings. */
export const show = Effect.fn("cli.config.show")(function*(json: boolean) {
  const { config, settings } = yield* effectiveSettings()
  const redact = Redaction.make(config.secrets.map(Redacted.value))
  const shown = settings.map((setting) => ({
    ...setting,
    value: Option.map(setting.value, (value) => redacted(value, redact))
  }))
  yield* Effect.forEach(config.warnings, (warning) => Console.error(printable(redact(warning))), { discard: true })
  if (Option.exists(config.github, isSideBySide)) {
    yield* Console.error(
      "GitHub: the App of github.app_id reviews the repositories that it is installed on, and the account of " +
        "github.token all others"
    )
  }
  yield* Console.log(json ? yield* encode(shown) : ConfigText.table(shown))
})
