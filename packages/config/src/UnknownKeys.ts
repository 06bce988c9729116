import { isYamlMap, type YamlMap } from "@nominal-code/domain/text/YamlMap"
import { Array, Option, Order } from "effect"
import { distance as characters } from "fastest-levenshtein"
import type { ConfigFile } from "./ConfigFile.ts"
import { ownSettings } from "./Settings.ts"

const paths = ownSettings.flatMap(({ yaml }) => yaml)
const known: ReadonlySet<string> = new Set(paths)
const lastKey = (path: string) => path.slice(path.lastIndexOf(".") + 1)
const distanceOf = (one: string, other: string) => characters(one, other) / Math.max(one.length, other.length)
const below = (section: string) => paths.filter((path) => path.startsWith(`${section}.`))

/** Known path that was probably meant: a misspelling away, the same key in another section, or the variable's. */
const nearest = (path: string): Option.Option<string> => {
  const key = lastKey(path)
  const asVariable = ownSettings.find(({ env, yaml }) => yaml.length > 0 && env.includes(key.toUpperCase()))
  const ranked = paths.map((candidate) => {
    const distance = distanceOf(path, candidate)
    if (lastKey(candidate) === key) return { candidate, distance: Math.min(distance, 0.3) }
    // Two names of one section have the section in common: their keys have to resemble each other, too.
    return { candidate, distance: distanceOf(key, lastKey(candidate)) > 0.65 ? 1 : distance }
  })
  return Option.fromUndefinedOr(asVariable?.yaml[0]).pipe(
    Option.orElse(() =>
      Array.isReadonlyArrayNonEmpty(ranked)
        ? Option.some(Array.min(ranked, Order.mapInput(Order.Number, ({ distance }) => distance))).pipe(
          Option.filter(({ distance }) => distance <= 0.45),
          Option.map(({ candidate }) => candidate)
        )
        : Option.none()
    )
  )
}

const sections: ReadonlyArray<string> = [...new Set(paths.map((path) => path.split(".")[0] ?? path))]

/** Advice for a key of the top level that resembles no key: the section whose name it resembles, or all of them. */
const amongSections = (key: string): string => {
  const near = sections.find((section) => distanceOf(key.toLowerCase(), section) <= 0.45)
  return near === undefined
    ? `the keys of the top level are ${sections.join(", ")}`
    : `did you mean the section "${near}"?`
}

/** Keys of a section: all of a short one, the first of a long one. */
const listed = (keys: ReadonlyArray<string>): string =>
  keys.length <= 8
    ? keys.join(", ")
    : `${keys.slice(0, 4).join(", ")} and ${keys.length - 4} others, which docs/configuration.md lists`

const leaves = (path: string, value: unknown): ReadonlyArray<string> =>
  isYamlMap(value) && Object.keys(value).length > 0
    ? Object.entries(value).flatMap(([key, inner]) => leaves(`${path}.${key}`, inner))
    : [path]

const unknown = (file: string, path: string, value: unknown): ReadonlyArray<string> => {
  const suggested = leaves(path, value).map((leaf) => [leaf, nearest(leaf)] as const)
  const siblings = below(path.slice(0, path.lastIndexOf("."))).filter((sibling) => sibling !== path)
  const otherwise = siblings.length === 0
    ? amongSections(path)
    : `the keys of this section are ${listed(siblings)}`
  return suggested.every(([, near]) => Option.isNone(near))
    ? [`unknown key "${path}" in ${file}: ${otherwise}`]
    : suggested.map(([leaf, near]) =>
      `unknown key "${leaf}" in ${file}: ${
        Option.match(near, { onNone: () => otherwise, onSome: (path) => `did you mean "${path}"?` })
      }`
    )
}

/** Keys of a section that take a word which a value resembles: `claude` is nearly the `claude-code` of `agent.runner`. */
const keysOfWord = (section: string, value: string): ReadonlyArray<string> =>
  ownSettings.flatMap(({ kind, yaml: [path] }) => {
    const isMeant = kind.label.split(" / ").some((word) =>
      word.startsWith(`${value}-`) || distanceOf(value, word) <= 0.45
    )
    return path !== undefined && path.startsWith(`${section}.`) && isMeant ? [path] : []
  })

const misplaced = (file: string, section: string, value: unknown): string => {
  const keys = below(section)
  if (value === null) return `"${section}" in ${file} is empty: remove the line, or set ${listed(keys)}`
  const [meant] = typeof value === "string" ? keysOfWord(section, value) : []
  return meant === undefined
    ? `"${section}" in ${file} must be a map of ${listed(keys)}`
    : `"${section}" in ${file} must be a map: did you mean "${meant}"? Its keys are ${listed(keys)}`
}

const walk = (file: string, tree: YamlMap, prefix: string): ReadonlyArray<string> =>
  Object.entries(tree).flatMap(([key, value]) => {
    const path = `${prefix}${key}`
    if (key.includes(".")) return [`unknown key "${path}" in ${file}: write a map inside a map instead of dots`]
    if (known.has(path)) return []
    if (below(path).length === 0) return unknown(file, path, value)
    return isYamlMap(value) ? walk(file, value, `${path}.`) : [misplaced(file, path, value)]
  })

/** Unknown keys of the file, one line each, with the key that was probably meant. */
export const unknownKeys = ({ name, tree }: ConfigFile): ReadonlyArray<string> => walk(name, tree, "")
