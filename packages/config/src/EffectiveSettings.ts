import type { Setting } from "@nominal-code/domain/settings/Setting"
import { Effect, Option, Path } from "effect"
import { load } from "./AppConfigLayer.ts"
import { readConfigFile } from "./ConfigFile.ts"
import { Origin } from "./Origin.ts"
import { makeReport } from "./Report.ts"
import { everySetting } from "./Settings.ts"
import { withoutLogin } from "./Url.ts"
import { readValues, type Values } from "./Values.ts"

/** A setting with its value and where that came from. */
export interface EffectiveSetting {
  /** Its path in YAML; none for one that only the environment sets. */
  readonly path: Option.Option<string>
  readonly variable: string
  /** The value in the notation of its origin; none where the setting is not set and has no default, or is a secret. */
  readonly value: Option.Option<unknown>
  /** Length of a secret that is set. */
  readonly characters: Option.Option<number>
  readonly from: Origin
}

/** A URL as it may be shown. That of a provider that is not used is unchecked, and may hold a login. */
const shownUrl = (url: unknown): string => {
  const text = String(url)
  return text.includes("://") ? withoutLogin(text) : "***"
}

const effective = (setting: Setting<unknown>, values: Values, resolve: (path: string) => string): EffectiveSetting => {
  const given = values.source(setting)
  const value = Option.orElse(Option.map(given, ({ raw }) => raw), () => Option.fromUndefinedOr(setting.written))
  const { label, secret } = setting.kind
  return {
    path: Option.fromUndefinedOr(setting.yaml[0]),
    variable: setting.env[0],
    value: secret ? Option.none() : label === "URL" ? Option.map(value, shownUrl) : value,
    characters: secret ? Option.map(value, (text) => String(text).length) : Option.none(),
    from: Option.match(given, {
      onNone: () => Origin.cases.Default.make({}),
      onSome: ({ from }) =>
        from._tag === "File" || from._tag === "SecretFile" ? { ...from, path: resolve(from.path) } : from
    })
  }
}

/**
 * Reads the configuration that a server, and each command beside it, has here, and fails as they do with everything
 * that is wrong. It asks for no setting that only a review needs. `config` knows the secrets and the warnings.
 */
export const effectiveSettings = Effect.fn("effectiveSettings")(function*() {
  const path = yield* Path.Path
  const config = yield* load("jobs")
  const { values } = yield* readValues(yield* readConfigFile("jobs"), {}, makeReport())
  return { config, settings: everySetting.map((setting) => effective(setting, values, (name) => path.resolve(name))) }
})
