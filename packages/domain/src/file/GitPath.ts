/** The bytes that git's C-style quoting writes as one letter. */
const letters: Readonly<Record<string, number>> = {
  a: 7,
  b: 8,
  t: 9,
  n: 10,
  v: 11,
  f: 12,
  r: 13,
  "\"": 34,
  "\\": 92
}

const escapeOrText = /\\(?:([0-7]{3})|(.))|[^\\]+/gsu

/** Undoes git's quoting of a path: `"a/\303\251.txt"` is `a/é.txt`. An unquoted path comes back as it is. */
export const unquotePath = (path: string): string => {
  if (!path.startsWith("\"") || !path.endsWith("\"") || path.length < 2) return path
  const encoder = new TextEncoder()
  const bytes: Array<number> = []
  for (const [text, octal, letter] of path.slice(1, -1).matchAll(escapeOrText)) {
    if (octal !== undefined) bytes.push(Number.parseInt(octal, 8) & 0xff)
    else if (letter !== undefined && letters[letter] !== undefined) bytes.push(letters[letter])
    else for (const byte of encoder.encode(text)) bytes.push(byte)
  }
  return new TextDecoder("utf-8", { ignoreBOM: true }).decode(Uint8Array.from(bytes))
}

/** A quoted path from its opening quote to the closing one. */
const quoted = /^"(?:[^"\\]|\\.)*"/s

/**
 * Finds the new path in the rest of a `diff --git` line. Unquoted, two paths with spaces in them cannot be told apart,
 * so only two equal ones are found: git names the others again in lines of their own.
 */
export const newPathOfHeader = (rest: string): string | undefined => {
  const first = quoted.exec(rest)?.[0]
  if (first !== undefined) return withoutPrefix(unquotePath(rest.slice(first.length + 1)))
  const secondQuoted = rest.endsWith("\"") ? rest.indexOf(" \"") : -1
  if (secondQuoted !== -1) return withoutPrefix(unquotePath(rest.slice(secondQuoted + 1)))
  const half = (rest.length - 1) / 2
  const [left, right] = [withoutPrefix(rest.slice(0, half)), withoutPrefix(rest.slice(half + 1))]
  return rest.charAt(half) === " " && left === right ? left : undefined
}

/** Removes the prefix of a diff's path: `a/src/x.ts` → `src/x.ts`. */
export const withoutPrefix = (path: string): string => path.slice(path.indexOf("/") + 1)
