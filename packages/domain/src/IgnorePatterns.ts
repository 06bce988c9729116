/** What one place of a pattern takes: any run of characters, or one character that passes the test. */
type Token = "any" | ((character: string) => boolean)

const compileSet = (members: ReadonlyArray<string>, negated: boolean): Token => {
  const ranges: Array<readonly [number, number]> = []
  for (let index = 0; index < members.length; index++) {
    const [low = "", dash, high] = members.slice(index, index + 3)
    const isRange = dash === "-" && high !== undefined
    ranges.push([low.codePointAt(0) ?? 0, (isRange ? high : low).codePointAt(0) ?? 0])
    if (isRange) index += 2
  }
  return (character) => {
    const code = character.codePointAt(0) ?? 0
    return ranges.some(([low, high]) => low <= code && code <= high) !== negated
  }
}

/** The set that opens at `start`, and where it ends. A `]` right after the opening is a member; an unclosed `[` is itself. */
const setAt = (pattern: ReadonlyArray<string>, start: number): readonly [Token, end: number] => {
  const negated = pattern[start + 1] === "!"
  const first = start + (negated ? 2 : 1)
  const close = pattern.indexOf("]", first + 1)
  return close === -1
    ? [(character) => character === "[", start]
    : [compileSet(pattern.slice(first, close), negated), close]
}

const compile = (pattern: string): ReadonlyArray<Token> => {
  const characters = Array.from(pattern)
  const tokens: Array<Token> = []
  for (let index = 0; index < characters.length; index++) {
    const character = characters[index]
    if (character === "*") {
      if (tokens.at(-1) !== "any") tokens.push("any")
    } else if (character === "?") tokens.push(() => true)
    else if (character === "[") {
      const [token, end] = setAt(characters, index)
      tokens.push(token)
      index = end
    } else tokens.push((other) => other === character)
  }
  return tokens
}

/**
 * Walks the path once. When it is stuck it goes back to the last `*` only and lets that take one character more: an
 * earlier one need never take more than it did, so the work is at most the path's length times the pattern's.
 */
const matches = (tokens: ReadonlyArray<Token>, path: ReadonlyArray<string>): boolean => {
  let [token, at] = [0, 0]
  let [lastAny, takenByAny] = [-1, 0]
  while (at < path.length) {
    const expected = tokens[token]
    if (expected === "any") [lastAny, takenByAny, token] = [token, at, token + 1]
    else if (expected !== undefined && expected(path[at] ?? "")) [token, at] = [token + 1, at + 1]
    else if (lastAny !== -1) [token, at, takenByAny] = [lastAny + 1, takenByAny + 1, takenByAny + 1]
    else return false
  }
  return tokens.slice(token).every((rest) => rest === "any")
}

/**
 * Whether a path matches one of the shell patterns. A pattern has to match the whole path: `*` takes any run of
 * characters, slashes too (`docs/*` reaches every depth), `?` any one, `[a-z]` one of a set, `[!a-z]` one outside it.
 */
export const ignoring = (patterns: ReadonlyArray<string>): (path: string) => boolean => {
  const compiled = patterns.map(compile)
  return (path) => {
    const characters = Array.from(path)
    return compiled.some((tokens) => matches(tokens, characters))
  }
}
