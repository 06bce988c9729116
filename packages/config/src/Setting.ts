import { Option } from "effect"
import type { SettingType } from "./SettingType.ts"

/** One setting: its names, what its value may be, and its value where nobody sets it. */
export interface Setting<out A> {
  /** Where YAML may hold it, the canonical path first and then its other spellings. Empty: environment only. */
  readonly yaml: ReadonlyArray<string>
  /** The variables that may hold it: the first one that is set counts. */
  readonly env: readonly [string, ...Array<string>]
  readonly kind: SettingType<A>
  readonly absent: A
  /** For the reference, in Markdown: what holds where nobody sets it, and one sentence on what it is for. */
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

/** A setting that has a value in any case. */
export const defaulted = <A>(absent: A, { kind, ...description }: Description<A>): Setting<A> =>
  make(description, kind, absent, Array.isArray(absent) ? "none" : `\`${String(absent)}\``)

/** A setting as a message names it: both names, so that whoever reads it can look in either place. */
export const nameOf = ({ env: [variable], yaml: [path] }: Setting<unknown>): string =>
  path === undefined ? variable : `${path} (${variable})`
