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

const leaves = (path: string, value: unknown): ReadonlyArray<string> =>
  isYamlMap(value) && Object.keys(value).length > 0
    ? Object.entries(value).flatMap(([key, inner]) => leaves(`${path}.${key}`, inner))
    : [path]

const unknown = (file: string, path: string, value: unknown): ReadonlyArray<string> => {
  const suggested = leaves(path, value).map((leaf) => [leaf, nearest(leaf)] as const)
  const siblings = below(path.slice(0, path.lastIndexOf("."))).filter((sibling) => sibling !== path)
  const otherwise = siblings.length === 0
    ? amongSections(path)
    : `the keys of this section are ${siblings.join(", ")}`
  return suggested.every(([, near]) => Option.isNone(near))
    ? [`unknown key "${path}" in ${file}: ${otherwise}`]
    : suggested.map(([leaf, near]) =>
      `unknown key "${leaf}" in ${file}: ${
        Option.match(near, { onNone: () => otherwise, onSome: (path) => `did you mean "${path}"?` })
      }`
    )
}

const misplaced = (file: string, path: string, value: unknown): string =>
  `"${path}" in ${file} ${value === null ? "is empty: remove the line, or set" : "must be a map of"} ${
    below(path).join(", ")
  }`

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
