import { type IgnoreRule, type MatchedParts, ruleOf } from "./IgnoreRule.ts"

/** A directory, and the parts of the rules that its path has matched. */
interface Directory {
  readonly path: string
  readonly isIgnored: boolean
  readonly reached: ReadonlyArray<MatchedParts>
}

const stepped = (rules: ReadonlyArray<IgnoreRule>, { reached }: Pick<Directory, "reached">, name: string) =>
  rules.map(({ after, start }, at) => after(reached[at] ?? start, name))

/** True if the last rule that matches ignores. */
const isIgnored = (
  rules: ReadonlyArray<IgnoreRule>,
  reached: ReadonlyArray<MatchedParts>,
  isDirectory: boolean
): boolean => {
  const last = rules.findLast(({ directory, matches }, at) => (isDirectory || !directory) && matches(reached[at] ?? []))
  return last !== undefined && !last.negative
}

/**
 * Makes a predicate that is true for an ignored path. The patterns mean what they mean in a `.gitignore` at the
 * repository's root: `*` takes no slash and `**` any number of directories, a pattern without a slash matches at every
 * depth, one with a slash from the root, a directory takes all that is in it, and `!` takes back what an earlier pattern
 * has matched, but nothing of a directory that is ignored.
 *
 * The package `ignore` (7.0.17) answers the same for each of 250,000 random patterns and paths, but backtracks: six
 * times `**` and a path of 121 characters, which the author of a pull request chooses, take it eleven seconds.
 */
export const ignoreMatcher = (patterns: ReadonlyArray<string>): (path: string) => boolean => {
  const rules = patterns.flatMap(ruleOf)
  const root: Directory = { path: "", isIgnored: false, reached: rules.map(({ start }) => start) }
  // Paths mostly come directory by directory.
  let last = root
  const directoryOf = (names: ReadonlyArray<string>): Directory => {
    const path = names.join("/")
    if (path === last.path) return last
    const { isIgnored: within, reached } = names.reduce((above, name) => {
      if (above.isIgnored) return above
      const reached = stepped(rules, above, name)
      return { ...above, isIgnored: isIgnored(rules, reached, true), reached }
    }, root)
    return { path, isIgnored: within, reached }
  }
  return (path) => {
    const names = path.split("/").filter((name) => name !== "")
    const name = names.pop()
    if (name === undefined) return false
    last = directoryOf(names)
    return last.isIgnored || isIgnored(rules, stepped(rules, last, name), false)
  }
}

/** Reason why a pattern can match no file; `undefined` for one that can. */
const whyUseless = (pattern: string, at: number): string | undefined => {
  const text = pattern.replace(/(?<!\\) +$/, "")
  if (text === "" || text === "!" || text === "/") return "is empty"
  if (text.startsWith("#")) return "is a comment there: write \\# for a name that starts with #"
  if (/^!?(?:\.\.?\/|\/{2})/.test(text) || /\/(?:\.{0,2})\//.test(text)) {
    return "has an empty part or one of dots between its slashes, and no path has: write it from the repository's root"
  }
  if (/^[a-z]:[\\/]/i.test(text)) return "is a path on a disk: write it from the repository's root"
  if (/(?<!\\)(?:\\\\)*\\$/.test(text)) return "ends with a backslash that escapes nothing"
  if (/(?<!\\)\{[^{}]*,[^{}]*\}/.test(text)) {
    return "has braces, which are not expanded there: write one pattern for each"
  }
  return text.startsWith("!") && at === 0 ? "takes back what no pattern before it has matched" : undefined
}

/** Problems of the patterns that can match nothing. */
export const uselessPatterns = (patterns: ReadonlyArray<string>): ReadonlyArray<string> =>
  patterns.flatMap((pattern, at) => {
    const why = whyUseless(pattern, at)
    return why === undefined
      ? []
      : [`${JSON.stringify(pattern)} matches nothing. Patterns mean what they mean in a .gitignore; this one ${why}`]
  })
