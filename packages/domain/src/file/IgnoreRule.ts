/*
 * One pattern of a `.gitignore`. Libraries compile patterns to regular expressions, which backtrack: a path that was made
 * for a pattern takes them seconds. Here each name of a path is compared once with each name of a pattern, in at most as
 * many steps as both have characters, multiplied.
 */

/** One element of a pattern's name: any run of characters, or a test of one UTF-16 code unit. */
type Element = "*" | ((code: number) => boolean)

type NameTest = (name: string) => boolean

const anyOne: Element = () => true

const one = (character: string): Element => {
  const expected = character.charCodeAt(0)
  return (code) => code === expected
}

const never: NameTest = () => false

/** The set after a `[` at an index, and the index behind it; undefined where it is not closed. */
const setAt = (text: string, open: number): { readonly element: Element; readonly end: number } | undefined => {
  const negated = "!^".includes(text.charAt(open + 1)) && text.charAt(open + 1) !== ""
  const ranges: Array<readonly [low: number, high: number]> = []
  const first = open + (negated ? 2 : 1)
  let at = first
  const character = () => text.charCodeAt(text[at] === "\\" ? ++at : at)
  for (; at < text.length && (at === first || text[at] !== "]"); at++) {
    const low = character()
    const isRange = text[at + 1] === "-" && at + 2 < text.length && text[at + 2] !== "]"
    if (isRange) at += 2
    ranges.push([low, isRange ? character() : low])
  }
  if (at >= text.length) return undefined
  return { element: (code) => ranges.some(([low, high]) => low <= code && code <= high) !== negated, end: at + 1 }
}

/** The elements of a pattern's name; undefined where it can match nothing. */
const elementsOf = (text: string): ReadonlyArray<Element> | undefined => {
  const elements: Array<Element> = []
  for (let at = 0; at < text.length; at++) {
    const character = text.charAt(at)
    if (character === "*") {
      if (elements.at(-1) !== "*") elements.push("*")
    } else if (character === "?") {
      elements.push(anyOne)
    } else if (character === "[") {
      const set = setAt(text, at)
      if (set === undefined) return undefined
      elements.push(set.element)
      at = set.end - 1
    } else {
      elements.push(one(character === "\\" ? text.charAt(++at) : character))
    }
  }
  return elements
}

/** Compares a name with elements. Where it fails, only the last star takes one character more: earlier ones need not. */
const matches = (elements: ReadonlyArray<Element>, name: string): boolean => {
  let [at, next, star, afterStar] = [0, 0, -1, 0]
  while (at < name.length) {
    const element = elements[next]
    if (element === "*") {
      star = next++
      afterStar = at
    } else if (element?.(name.charCodeAt(at)) === true) {
      next++
      at++
    } else if (star < 0) {
      return false
    } else {
      next = star + 1
      at = ++afterStar
    }
  }
  return elements.slice(next).every((element) => element === "*")
}

const nameTest = (text: string): NameTest => {
  if (!/[\\*?[]/.test(text)) return (name) => name === text
  const elements = elementsOf(text)
  return elements === undefined ? never : (name) => matches(elements, name)
}

/** One part of a rule: any number of directories, or a test of one name. */
type Part = "**" | NameTest

const partsOf = (names: ReadonlyArray<string>): ReadonlyArray<Part> =>
  names.flatMap((name, at): ReadonlyArray<Part> => {
    if (name !== "**") return [nameTest(name)]
    // At the end it takes what is in a directory, and not the directory itself.
    return at === names.length - 1 ? [() => true, "**"] : ["**"]
  })

/** Numbers of a rule's parts that a path has matched; where it is the number of all parts, the path matches. */
export type MatchedParts = ReadonlyArray<boolean>

/** A pattern, ready to be compared with the names of a path, one after the other. */
export interface IgnoreRule {
  /** True if it takes back what earlier patterns have matched. */
  readonly negative: boolean
  /** True if it matches directories only. */
  readonly directory: boolean
  readonly start: MatchedParts
  after(reached: MatchedParts, name: string): MatchedParts
  matches(reached: MatchedParts): boolean
}

/** Reads a line of a `.gitignore`; none if it is empty, a comment, or can match nothing. */
export const ruleOf = (line: string): ReadonlyArray<IgnoreRule> => {
  const written = line.replace(/(?<!\\)((?:\\\\)*)\s+$/, "$1")
  const negative = written.startsWith("!")
  const text = negative ? written.slice(1) : written
  if (written.startsWith("#") || /(?<!\\)(?:\\\\)*\\$/.test(text)) return []
  const directory = text.endsWith("/")
  const path = directory ? text.slice(0, -1) : text
  if (path === "") return []
  const names = path.replace(/^\//, "").split("/")
  const parts = partsOf(path.includes("/") ? names : ["**", ...names])
  return [{
    negative,
    directory,
    start: closed(parts, [true]),
    after: (reached, name) => after(parts, reached, name),
    matches: (reached) => reached[parts.length] === true
  }]
}

/** Adds the parts behind `**`, which may stand for no directory. */
const closed = (parts: ReadonlyArray<Part>, reached: Array<boolean>): MatchedParts => {
  for (let at = 0; at < parts.length; at++) if (parts[at] === "**" && reached[at] === true) reached[at + 1] = true
  return reached
}

const after = (parts: ReadonlyArray<Part>, before: MatchedParts, name: string): MatchedParts => {
  const reached: Array<boolean> = []
  for (let at = 0; at < parts.length; at++) {
    const part = parts[at]
    if (before[at] !== true || part === undefined) continue
    if (part === "**") reached[at] = true
    else if (part(name)) reached[at + 1] = true
  }
  return closed(parts, reached)
}
