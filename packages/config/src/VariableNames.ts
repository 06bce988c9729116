import { fileVariables, nameOf, type Setting } from "@nominal-code/domain/settings/Setting"
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

/** Characters that a slip of the pen gets wrong: of a short name one, for two make another word of it. */
const mostSlips = (name: string): number => name.length < 12 ? 1 : 2

/** Number of slips that make a name of another one; infinite for more than a slip of the pen. */
const slipsBetween = (name: string, other: string): number => {
  if (isSwap(name, other)) return 1
  const slips = distance(name, other)
  return slips <= mostSlips(name) ? slips : Infinity
}

/** Length from which a name is so much its own that another program has none like it. */
const telling = 8
const tellingNames = [...known.keys()].filter((name) => name.length >= telling)

/** The characters that a name has, each a bit. Two characters may share one. */
const charactersOf = (name: string): number =>
  [...name].reduce((bits, character) => bits | 1 << (character.charCodeAt(0) & 31), 0)

/** Number of bits that are set. */
const count = (bits: number): number => bits === 0 ? 0 : 1 + count(bits & bits - 1)

/** The telling names with their characters, by their lengths. */
const ofLength = Map.groupBy(
  tellingNames.map((other) => ({ other, characters: charactersOf(other) })),
  ({ other }) => other.length
)

/**
 * The names that may be a slip of the pen away: a slip takes one character from those that a name has, and adds one.
 * A machine has dozens of variables, and to compare each with every name took a tenth of the start.
 */
const near = (name: string): ReadonlyArray<string> => {
  const most = mostSlips(name)
  const characters = charactersOf(name)
  return Array.from({ length: 2 * most + 1 }, (_, index) => ofLength.get(name.length - most + index) ?? []).flat()
    .filter((one) => count(characters ^ one.characters) <= 2 * most)
    .map(({ other }) => other)
}

/** The setting's name that a name is the fewest slips away from. */
const nearest = (name: string): string | undefined => {
  const found = near(name).map((other) => ({ other, slips: slipsBetween(name, other) }))
    .filter(({ slips }) => slips < Infinity)
  return found.toSorted((one, other) => one.slips - other.slips)[0]?.other
}

/** Prefixes of groups of settings with which no other program's variables are known to begin and to end as ours do. */
const ownGroups = /^(?:ACCESS|AGENT|FILTERS|JOBS|LIMITS|QUOTAS|RECONCILE|REVIEWER)_(.{5,})$/

/** The only setting that has the same name in another group: `REVIEWER_MODEL` for `AGENT_MODEL`. */
const inOtherGroup = (name: string): string | undefined => {
  const [, own = ""] = ownGroups.exec(name) ?? []
  const found = own === "" ? [] : tellingNames.filter((other) => other.slice(other.indexOf("_") + 1) === own)
  return found.length === 1 ? found[0] : undefined
}

/** The name in capitals, with single underlines; then the same without our own name before it. */
const spellings = (name: string): ReadonlyArray<string> => {
  const plain = name.toUpperCase().replaceAll(/\.|__/g, "_")
  return [plain, plain.replace(/^NOMINAL_(?:CODE_)?/, "")]
}

/** The setting's name that a name was probably meant for. */
const meantBy = (name: string): string | undefined => {
  const plain = spellings(name).filter((one) => one.length >= telling)
    .map((one) => known.has(one) ? one : guessed.get(one))
    .find((meant) => meant !== undefined)
  return plain ?? guessed.get(name) ?? nearest(name) ?? inOtherGroup(name)
}

/** Prefix of the variables that Kubernetes gives every container beside a Service called `nominal-code`. */
const ofService = /^NOMINAL_CODE_/

const doubtOf = (name: string, names: ReadonlySet<string>): ReadonlyArray<string> => {
  if (known.has(name)) return []
  const meant = meantBy(name)
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
