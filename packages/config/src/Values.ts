import { fileVariable, type Setting, type ValueOf } from "@nominal-code/domain/settings/Setting"
import { oneLine } from "@nominal-code/domain/text/OneLine"
import { isYamlMap } from "@nominal-code/domain/text/YamlMap"
import { Effect, type FileSystem, Option, type Path, Struct } from "effect"
import type { ConfigError } from "./ConfigError.ts"
import type { ConfigFile } from "./ConfigFile.ts"
import { readVariable } from "./Environment.ts"
import { Origin, placeOf } from "./Origin.ts"
import type { Report } from "./Report.ts"
import { readSecretFiles } from "./SecretFiles.ts"
import { everySetting, ownSettings } from "./Settings.ts"
import { withoutLogin } from "./Url.ts"

/** Settings from the command line, by YAML path. They override the environment, which overrides the file. */
export type Flags = Readonly<Record<string, string | number | boolean>>

/** A raw value and its origin. */
interface GivenValue {
  readonly raw: unknown
  readonly from: Origin
}

/** A value that another one overrides. It holds on the day when the other one is removed. */
interface OverriddenValue<A> {
  /** None where it is not of the setting's type. */
  readonly value: Option.Option<A>
  /** The value as messages show it, and its place. */
  readonly shown: string
  /** Sentence about the place that has the other one. */
  readonly idle: string
}

/** Function that gives a setting's value: from the command line, the environment, the file, or its default. */
export interface Values {
  <A>(setting: Setting<A>): A
  /** Text of what was given for a setting, as a variable would have it; none where its default holds. */
  readonly given: (setting: Setting<unknown>) => Option.Option<string>
  /** Value that was given for a setting, as it is written there, with its origin; none where its default holds. */
  readonly source: (setting: Setting<unknown>) => Option.Option<GivenValue>
  readonly overridden: <A>(setting: Setting<A>) => ReadonlyArray<OverriddenValue<A>>
}

/** A configuration in which nothing is set. */
export const defaults: Values = Object.assign(<A>({ absent }: Setting<A>): A => absent, {
  given: () => Option.none(),
  source: () => Option.none(),
  overridden: () => []
})

interface Value extends Struct.Lambda {
  <A>(setting: Setting<A>): A
  readonly "~lambda.out": ValueOf<this["~lambda.in"]>
}

/** Values of all settings of a group, under the names that the group has for them. */
export const valuesOf = (values: Values) => Struct.map(Struct.lambda<Value>(values))

const atPath = ({ tree }: ConfigFile, path: string): unknown =>
  path.split(".").reduce<unknown>(
    (value, key) => isYamlMap(value) && Object.hasOwn(value, key) ? value[key] : undefined,
    tree
  )

/** True for a value that counts as set. Empty text does not: an empty secret must not pass for one. */
const isSet = ({ kind }: Setting<unknown>, value: unknown): boolean =>
  value !== undefined && value !== "" && (value !== null || kind.label === "list")

/** True for an origin whose values are text, whatever their type. */
const isText = ({ _tag }: Origin): boolean => _tag === "Variable" || _tag === "SecretFile"

/** A value of the file or the command line as a variable would have it. */
const asText = ({ raw }: GivenValue): string => isYamlMap(raw) ? JSON.stringify(raw) : String(raw)

/** Shows a value in a message: short, and of a URL only the parts that cannot be secret. */
const show = (value: unknown): string => {
  if (typeof value === "string") {
    const text = withoutLogin(value)
    return JSON.stringify(text.length > 80 ? `${oneLine(text, 80)}…` : text)
  }
  if (value === null) return "nothing"
  if (Array.isArray(value)) return `[${value.map(show).join(", ")}]`
  return isYamlMap(value) ? "a map" : String(value)
}

/**
 * Reads the environment once, checks every setting of ours, and reports each value that is not what it should be. Where
 * another value holds, that is a warning.
 * `secrets` is what any secret setting has been given anywhere, used or not.
 */
export const readValues = Effect.fnUntraced(function*(
  file: ConfigFile,
  flags: Flags,
  report: Report
): Effect.fn.Return<
  { readonly values: Values; readonly secrets: ReadonlyArray<string> },
  ConfigError,
  FileSystem.FileSystem | Path.Path
> {
  const names = [...new Set(everySetting.flatMap(({ env }) => env))]
  const pairs = yield* Effect.forEach(
    names,
    (name) => Effect.map(readVariable(name), (value) => [name, value] as const),
    {
      concurrency: 1
    }
  )
  const { environment, files } = yield* readSecretFiles(new Map(pairs), report)
  const ofVariable = (name: string): Origin =>
    Option.match(Option.fromUndefinedOr(files.get(name)), {
      onNone: () => Origin.cases.Variable.make({ name }),
      onSome: (path) => Origin.cases.SecretFile.make({ variable: fileVariable(name), path })
    })

  // Most settings have none: an origin is made for those that do.
  const candidatesOf = (setting: Setting<unknown>): ReadonlyArray<GivenValue> => {
    const found: Array<GivenValue> = []
    const consider = (raw: unknown, from: () => Origin) => {
      if (isSet(setting, raw)) found.push({ raw, from: from() })
    }
    for (const path of setting.yaml) consider(flags[path], () => Origin.cases.CommandLine.make({}))
    for (const name of setting.env) {
      consider(Option.getOrUndefined(environment.get(name) ?? Option.none()), () => ofVariable(name))
    }
    for (const path of setting.yaml) consider(atPath(file, path), () => Origin.cases.File.make({ path: file.name }))
    return found
  }

  const given = (setting: Setting<unknown>): Option.Option<GivenValue> =>
    Option.fromUndefinedOr(candidatesOf(setting)[0])

  const decoded = <A>({ kind }: Setting<A>, { from, raw }: GivenValue): Option.Option<A> =>
    isText(from) ? kind.fromText(String(raw)) : kind.fromYaml(raw)

  const shown = ({ kind: { secret } }: Setting<unknown>, { from, raw }: GivenValue): string =>
    `${secret ? "the value" : show(raw)} in ${placeOf(from)}`

  const valueOf = <A>(setting: Setting<A>): A =>
    Option.match(given(setting), {
      onNone: () => setting.absent,
      onSome: (value) =>
        Option.getOrElse(decoded(setting, value), () => {
          report.problem(setting, `${shown(setting, value)} is not ${setting.kind.expected}`)
          return setting.absent
        })
    })

  const overridden = <A>(setting: Setting<A>): ReadonlyArray<OverriddenValue<A>> => {
    const [holds, ...others] = candidatesOf(setting)
    return holds === undefined ? [] : others.map((value) => ({
      value: decoded(setting, value),
      shown: shown(setting, value),
      idle: `It has no effect while ${placeOf(holds.from)} has another`
    }))
  }

  for (const setting of ownSettings) {
    valueOf(setting)
    for (const { idle, shown, value } of overridden(setting)) {
      if (Option.isNone(value)) report.warn(setting, `${shown} is not ${setting.kind.expected}. ${idle}`)
    }
  }
  const secrets = everySetting
    .filter(({ kind }) => kind.secret)
    .flatMap((setting) => candidatesOf(setting).map(({ raw }) => String(raw)))
  return {
    values: Object.assign(valueOf, {
      given: (setting: Setting<unknown>) => Option.map(given(setting), asText),
      source: given,
      overridden
    }),
    secrets
  }
})
