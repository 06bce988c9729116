import { fileVariables, nameOf, type Setting } from "@nominal-code/domain/Setting"
import { ConfigProvider, Effect } from "effect"
import { distance } from "fastest-levenshtein"
import { everySetting } from "./Settings.ts"

const namesOf = (setting: Setting<unknown>) => [...setting.env, ...fileVariables(setting)]

// The address of `openai-compatible` is a setting of the agent, too: the first setting that has a name stands for it.
const known: ReadonlyMap<string, Setting<unknown>> = new Map(
  everySetting.flatMap((setting) => namesOf(setting).map((name) => [name, setting] as const)).reverse()
)

/** Names that people guess: a YAML path of a section, written as a variable, which is none (`ACCESS_ALLOWED_USERS`). */
const guessed: ReadonlyMap<string, string> = new Map(
  everySetting.flatMap(({ env: [variable], yaml }) =>
    yaml.filter((path) => path.includes(".")).map((path) =>
      [path.toUpperCase().replaceAll(".", "_"), variable] as const
    )
  )
)

/** The names of the variables that the environment holds. */
export const variableNames = Effect.fnUntraced(function*(provider: ConfigProvider.ConfigProvider) {
  const names: Array<string> = []
  const visit = (path: ReadonlyArray<string>): Effect.Effect<void, ConfigProvider.SourceError> =>
    Effect.gen(function*() {
      const node = yield* provider.load(path)
      if (node?.value !== undefined) names.push(path.join("_"))
      if (node?._tag === "Record") yield* Effect.forEach(node.keys, (key) => visit([...path, key]), { discard: true })
    })
  yield* visit([])
  return names
})

/** Tells an exchange of two neighbouring characters, as in `AGENT_MODLE`. */
const isSwap = (name: string, other: string): boolean => {
  if (name.length !== other.length) return false
  const at = [...name].findIndex((character, index) => character !== other[index])
  return at >= 0 && name.slice(0, at) + name.charAt(at + 1) + name.charAt(at) + name.slice(at + 2) === other
}

/** True for a name that differs from another one in a few characters only. */
const isSlip = (name: string, other: string): boolean =>
  Math.abs(name.length - other.length) <= slips(name) && distance(name, other) <= slips(name)

const isOtherCase = (name: string, other: string): boolean => name.toUpperCase() === other

/** Characters that a slip of the pen gets wrong: of a short name one, for two make another word of it. */
const slips = (name: string): number => name.length < 12 ? 1 : 2

/** Prefix of the variables that Kubernetes gives every container beside a Service called `nominal-code`. */
const ofService = /^NOMINAL_CODE_/

const doubtOf = (name: string, names: ReadonlySet<string>): ReadonlyArray<string> => {
  if (known.has(name)) return []
  const meant = guessed.get(name) ??
    [...known.keys()].find((other) =>
      other.length >= 8 && (isSlip(name, other) || isSwap(name, other) || isOtherCase(name, other))
    )
  const setting = meant === undefined ? undefined : known.get(meant)
  if (setting !== undefined && !namesOf(setting).some((other) => names.has(other))) {
    return [`${nameOf(setting)}: ${name} is in the environment, and is no setting: was ${meant} meant?`]
  }
  return name.startsWith("NOMINAL_") && !ofService.test(name)
    ? [`${name} is in the environment, and is no setting: docs/configuration.md lists all of them`]
    : []
}

/** A line for each variable that is no setting and looks as if it were meant for one. It shows no value. */
export const doubtfulVariables = Effect.gen(function*() {
  const provider = yield* ConfigProvider.ConfigProvider
  const names = new Set(yield* Effect.orElseSucceed(variableNames(provider), () => []))
  return [...names].sort().flatMap((name) => doubtOf(name, names))
})
