import ignore from "ignore"

/**
 * Whether a path is ignored by patterns that mean what they mean in a `.gitignore` at the repository's root: `*` takes
 * no slash and `**` any number of directories, a pattern without a slash matches at every depth, one with a slash from
 * the root, a directory takes all that is in it, and `!` takes back what an earlier pattern has matched.
 */
export const ignoring = (patterns: ReadonlyArray<string>): (path: string) => boolean => {
  const fast = patterns.filter((one) => !isSlow(one)).map(withoutNegatedSets)
  const rules = ignore({ ignorecase: false, allowRelativePaths: true }).add(fast)
  return (path) => path !== "" && !isUnreachable(path) && rules.ignores(path)
}

/** Characters that the library would read as something else at the end of a range. */
const isSpecial = (code: number): boolean => "?[]\\-/*".includes(String.fromCharCode(code))

/** `[!b-d]` as the set of all other characters but the slash, for a library that knows no negated sets. */
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

/** Whether nobody has such a path but to cost time: a name that no disk holds, or directories without end. */
const isUnreachable = (path: string): boolean => {
  const names = path.split("/")
  return names.length > 64 || names.some((name) => name.length > 255)
}

/** Stars in one name, or runs of directories in one pattern, above which a path made for it takes seconds. */
const maxStars = 3

const isSlow = (pattern: string): boolean => {
  const names = pattern.split("/")
  const stars = (name: string) => name === "**" ? 0 : name.match(/\*+/g)?.length ?? 0
  return names.some((name) => stars(name) > maxStars) || names.filter((name) => name === "**").length > maxStars
}

/** Why a pattern matches no file, whatever the repository holds; `undefined` for one that may match. */
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

/** What is wrong with each pattern that can match nothing. */
export const uselessPatterns = (patterns: ReadonlyArray<string>): ReadonlyArray<string> =>
  patterns.flatMap((pattern, at) => {
    const why = whyUseless(pattern, at)
    return why === undefined
      ? []
      : [`${JSON.stringify(pattern)} matches nothing. Patterns mean what they mean in a .gitignore; this one ${why}`]
  })
