import ignore from "ignore"

/**
 * Makes the test of a path against ignore patterns, which mean what they mean in a `.gitignore` at the repository's
 * root: `*` takes no slash and `**` any number of directories, a pattern without a slash matches at every depth, one
 * with a slash from the root, a directory takes all that is in it, and `!` takes back what an earlier pattern has
 * matched.
 */
export const ignoring = (patterns: ReadonlyArray<string>): (path: string) => boolean => {
  const fast = patterns.filter((one) => !isSlow(one)).map(withoutNegatedSets)
  const rules = ignore({ ignorecase: false, allowRelativePaths: true }).add(fast)
  return (path) => path !== "" && !isUnreachable(path) && rules.ignores(path)
}

/** True for a character that the library would read as something else at the end of a range. */
const isSpecial = (code: number): boolean => "?[]\\-/*".includes(String.fromCharCode(code))

/** Rewrites `[!b-d]` as the set of all other characters but the slash, because the library knows no negated sets. */
const complement = (members: string): string => {
  const taken = Array.from(members.matchAll(/([^])-([^])|([^])/g), ([, low, high, one = ""]) => [
    (low ?? one).charCodeAt(0),
    (high ?? one).charCodeAt(0)
  ]).concat([[0x2f, 0x2f]]).toSorted(([a = 0], [b = 0]) => a - b)
  const free: Array<string> = []
  let from = 1
  for (const [low = 0, high = 0] of [...taken, [0x10000, 0x10000]]) {
    let [first, last] = [from, low - 1]
    while (first <= last && isSpecial(first)) first++
    while (first <= last && isSpecial(last)) last--
    if (first <= last) free.push(`${String.fromCharCode(first)}-${String.fromCharCode(last)}`)
    from = Math.max(from, high + 1)
  }
  const hyphen = taken.some(([low = 0, high = 0]) => low <= 0x2d && 0x2d <= high) ? "" : "-"
  return `[${hyphen}${free.join("")}]`
}

const withoutNegatedSets = (pattern: string): string =>
  pattern.replaceAll(/(?<!\\)\[[!^]([^\]/\\]+)\]/g, (_, members: string) => complement(members))

/**
 * True for a path that exists on no disk, but could cost the matcher much time: a name that is too long, or very many
 * directories.
 */
const isUnreachable = (path: string): boolean => {
  const names = path.split("/")
  return names.length > 64 || names.some((name) => name.length > 255)
}

/** Limit of stars in one name and of `**` in one pattern. Above it, a hostile path takes seconds to match. */
const maxStars = 3

const isSlow = (pattern: string): boolean => {
  const names = pattern.split("/")
  const stars = (name: string) => name === "**" ? 0 : name.match(/\*+/g)?.length ?? 0
  return names.some((name) => stars(name) > maxStars) || names.filter((name) => name === "**").length > maxStars
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
  if (isSlow(text)) {
    return `has more than ${maxStars} stars in one name, or more than ${maxStars} \`**\`, and is left out`
  }
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
