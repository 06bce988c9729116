import { Option } from "effect"
import type { SettingType } from "./SettingType.ts"

/** A setting: its names, its type and its default. */
export interface Setting<out A> {
  /** Paths in YAML, the canonical one first. Empty: environment only. */
  readonly yaml: ReadonlyArray<string>
  /** Environment variables. The first one that is set counts. */
  readonly env: readonly [string, ...Array<string>]
  readonly kind: SettingType<A>
  readonly absent: A
  /** Markdown for the reference: the default, and one sentence on the purpose. */
  readonly byDefault: string
  readonly doc: string
}

interface Description<A> {
  readonly yaml?: string | ReadonlyArray<string>
  readonly env: string | readonly [string, ...Array<string>]
  readonly kind: SettingType<A>
  readonly doc: string
  readonly byDefault?: string
}

const make = <A>(
  { doc, env, yaml = [], ...rest }: Omit<Description<unknown>, "kind">,
  kind: SettingType<A>,
  absent: A,
  byDefault: string
): Setting<A> => ({
  yaml: typeof yaml === "string" ? [yaml] : yaml,
  env: typeof env === "string" ? [env] : env,
  kind,
  absent,
  byDefault: rest.byDefault ?? byDefault,
  doc
})

/** A setting that may stay unset. */
export const optional = <A>({ kind, ...description }: Description<A>): Setting<Option.Option<A>> =>
  make(
    description,
    {
      ...kind,
      fromYaml: (value) => Option.map(kind.fromYaml(value), Option.some),
      fromText: (value) => Option.map(kind.fromText(value), Option.some)
    },
    Option.none(),
    "—"
  )

/** A setting with a default. */
export const defaulted = <A>(absent: A, { kind, ...description }: Description<A>): Setting<A> =>
  make(description, kind, absent, Array.isArray(absent) ? "none" : `\`${String(absent)}\``)

/** Variable that names the file of a secret. */
export const fileVariable = (name: string): string => `${name}_FILE`

/** Variables that name a file with the setting's value: those of a secret, with `_FILE` behind them. */
export const fileVariables = ({ env, kind }: Pick<Setting<unknown>, "env" | "kind">): ReadonlyArray<string> =>
  kind.secret ? env.map(fileVariable) : []

/** Name of a setting in messages: its YAML path and its variable. */
export const nameOf = ({ env: [variable], yaml: [path] }: Setting<unknown>): string =>
  path === undefined ? variable : `${path} (${variable})`
