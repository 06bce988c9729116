import { Option, Predicate } from "effect"
import { mapped, type SettingType } from "./SettingType.ts"

/** A setting: its names, its type and its default. */
export interface Setting<out A> {
  /** Paths in YAML, the canonical one first. Empty: environment only. */
  readonly yaml: ReadonlyArray<string>
  /** Environment variables. The first one that is set counts. */
  readonly env: readonly [string, ...Array<string>]
  readonly kind: SettingType<A>
  readonly absent: A
  /** The default as YAML has it; `undefined` if the setting may stay unset. */
  readonly written: unknown
  /** Markdown for the reference: the default, and one sentence on the purpose. */
  readonly byDefault: string
  readonly doc: string
  /**
   * True for what a pod's process reads itself, beside what travels with its job: it gets the server's value in the
   * Job's environment, or, if it is a secret, from the Secrets of `kubernetes.env_from_secrets`.
   */
  readonly travels: boolean
}

interface Description<A> {
  readonly yaml?: string | ReadonlyArray<string>
  readonly env: string | readonly [string, ...Array<string>]
  readonly kind: SettingType<A>
  readonly doc: string
  readonly byDefault?: string
  readonly travels?: boolean
}

const shown = (written: unknown): string =>
  written === undefined
    ? "—"
    : Predicate.isObject(written) || Array.isArray(written)
    ? "none"
    : `\`${String(written)}\``

const make = <A>(
  { doc, env, yaml = [], ...rest }: Omit<Description<unknown>, "kind">,
  kind: SettingType<A>,
  absent: A,
  written: unknown
): Setting<A> => ({
  yaml: typeof yaml === "string" ? [yaml] : yaml,
  env: typeof env === "string" ? [env] : env,
  kind,
  absent,
  written,
  byDefault: rest.byDefault ?? shown(written),
  doc,
  travels: rest.travels ?? false
})

/** A setting that may stay unset. */
export const optional = <A>({ kind, ...description }: Description<A>): Setting<Option.Option<A>> =>
  make(
    description,
    mapped(kind, Option.some),
    Option.none(),
    undefined
  )

/** A setting with a default, as YAML has it. */
export const defaulted = <A>(written: unknown, { kind, ...description }: Description<A>): Setting<A> =>
  make(description, kind, Option.getOrThrow(kind.fromYaml(written)), written)

/** Variable that names the file of a secret. */
export const fileVariable = (name: string): string => `${name}_FILE`

/** Variables that name a file with the setting's value: those of a secret, with `_FILE` behind them. */
export const fileVariables = ({ env, kind }: Pick<Setting<unknown>, "env" | "kind">): ReadonlyArray<string> =>
  kind.secret ? env.map(fileVariable) : []

/** Name of a setting in messages: its YAML path and its variable. */
export const nameOf = ({ env: [variable], yaml: [path] }: Setting<unknown>): string =>
  path === undefined ? variable : `${path} (${variable})`
