import { Effect, Option, Predicate, Schema, Struct } from "effect"
import { option, type SettingType } from "./SettingType.ts"

/**
 * The way of a setting's value to the process of a job. `job`: within the job's `ReviewSettings`. `pod`: in the
 * environment of its pod, or, if it is a secret, from the Secrets of `kubernetes.env_from_secrets`.
 */
export type Travel = "job" | "pod" | "none"

/** A setting: its names, its type and its default. */
export interface Setting<out A, out T extends Travel = Travel> {
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
  readonly travels: T
}

interface Description<A> {
  readonly yaml?: string | ReadonlyArray<string>
  readonly env: string | readonly [string, ...Array<string>]
  readonly kind: SettingType<A>
  readonly doc: string
  readonly byDefault?: string
  readonly travels?: Travel
}

type TravellingDescription<A, T extends Travel> = Description<A> & { readonly travels: T }

const shown = (written: unknown): string =>
  written === undefined
    ? "—"
    : Predicate.isObject(written) || Array.isArray(written)
    ? "none"
    : `\`${String(written)}\``

const make = <A>(
  { byDefault, doc, env, travels = "none", yaml = [] }: Omit<Description<unknown>, "kind">,
  kind: SettingType<A>,
  absent: A,
  written: unknown
): Setting<A> => ({
  yaml: typeof yaml === "string" ? [yaml] : yaml,
  env: typeof env === "string" ? [env] : env,
  kind,
  absent,
  written,
  byDefault: byDefault ?? shown(written),
  doc,
  travels
})

/** A setting that may stay unset. */
export function optional<A, T extends Travel>(description: TravellingDescription<A, T>): Setting<Option.Option<A>, T>
export function optional<A>(description: Description<A>): Setting<Option.Option<A>, "none">
export function optional<A>({ kind, ...description }: Description<A>): Setting<Option.Option<A>> {
  return make(description, option(kind), Option.none(), undefined)
}

/** A setting with a default, as YAML has it. */
export function defaulted<A, T extends Travel>(
  written: unknown,
  description: TravellingDescription<A, T>
): Setting<A, T>
export function defaulted<A>(written: unknown, description: Description<A>): Setting<A, "none">
export function defaulted<A>(written: unknown, { kind, ...description }: Description<A>): Setting<A> {
  return make(description, kind, Option.getOrThrow(kind.fromYaml(written)), written)
}

/** Settings by the names that the program has for their values. */
export type SettingGroup = Readonly<Record<string, Setting<unknown>>>

/** Value of a setting. */
export type ValueOf<S> = S extends Setting<infer A> ? A : never

/** Values of a group, each with the type of its declaration. */
export type ValuesOf<G> = { readonly [K in keyof G]: ValueOf<G[K]> }

type NamesOfJob<G> = { [K in keyof G & string]: G[K] extends Setting<unknown, "job"> ? K : never }[keyof G & string]

/** Those settings of a group that travel with a job. */
export const withJob = <G extends SettingGroup>(group: G): Pick<G, NamesOfJob<G>> =>
  Struct.pick(group, Struct.keys(group).filter((name): name is NamesOfJob<G> => group[name]?.travels === "job"))

interface FieldOf extends Struct.Lambda {
  <A>(setting: Setting<A>): Schema.Codec<A, unknown>
  readonly "~lambda.out": Schema.Codec<ValueOf<this["~lambda.in"]>, unknown>
}

/**
 * Schema fields of those settings of a group that travel with a job. A job that was accepted before there was a setting
 * has its default.
 */
export const fieldsOfJob = <G extends SettingGroup>(group: G) =>
  Struct.map(
    withJob(group),
    Struct.lambda<FieldOf>(({ absent, env: [name], kind }) =>
      Option.getOrThrowWith(kind.wire, () => new Error(`${name}: a ${kind.label} cannot travel with a job`)).pipe(
        Schema.withDecodingDefaultTypeKey(Effect.succeed(absent))
      )
    )
  )

/** Variable that names the file of a secret. */
export const fileVariable = (name: string): string => `${name}_FILE`

/** Variables that name a file with the setting's value: those of a secret, with `_FILE` behind them. */
export const fileVariables = ({ env, kind }: Pick<Setting<unknown>, "env" | "kind">): ReadonlyArray<string> =>
  kind.secret ? env.map(fileVariable) : []

/** Name of a setting in messages: its YAML path and its variable. */
export const nameOf = ({ env: [variable], yaml: [path] }: Setting<unknown>): string =>
  path === undefined ? variable : `${path} (${variable})`
