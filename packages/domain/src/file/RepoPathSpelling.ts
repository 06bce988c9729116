import { Array as Arr, Effect, Option } from "effect"
import { unquotePath } from "./GitPath.ts"

/**
 * The spellings of paths: how a name is shown to a model so that nothing in it is lost, and which file is meant by what
 * comes back. Names are compared by steps, from the exact one to the loosest; a step counts only if it leads to one file.
 */

/** Characters that nobody can see, or tell from a plain blank: controls, marks without a shape, blanks but U+3000. */
const unseen = /[\p{Cc}\p{Cf}\p{Default_Ignorable_Code_Point}\p{Zl}\p{Zp}]|(?![ \u3000])\p{Zs}/gu

/** Shows a character by its code point: `[U+202E]`. */
export const escapeCharacter = (character: string): string =>
  `[U+${(character.codePointAt(0) ?? 0).toString(16).toUpperCase().padStart(4, "0")}]`

const escaped = /\[U\+([0-9A-F]{4,6})\]/gi

/**
 * Shows a path in one line of text: `[U+00A0]` stands for what would not be seen there, as do blanks at an end or after
 * another blank. `unescapePath` gives the path back.
 */
export const escapePath = (path: string): string =>
  path.toWellFormed()
    .replaceAll(/\[(?=U\+)/gi, escapeCharacter)
    .replaceAll(unseen, escapeCharacter)
    .replaceAll(/^[ \u3000]|[ \u3000]$|(?<=[ \u3000])[ \u3000]/g, escapeCharacter)

/** Reads a path that `escapePath` has shown. */
export const unescapePath = (shown: string): string =>
  shown.replaceAll(escaped, (text, hex: string) => {
    const code = Number.parseInt(hex, 16)
    return code > 0x10ffff ? text : String.fromCodePoint(code)
  })

const pairs: ReadonlyArray<readonly [string, string]> = [
  ["`", "`"],
  ["\"", "\""],
  ["'", "'"],
  ["<file-path>", "</file-path>"],
  ["<", ">"],
  ["(", ")"],
  ["[", "]"],
  ["**", "**"],
  ["\u201c", "\u201d"],
  ["\u300c", "\u300d"]
]

const unwrapped = (text: string): string => {
  let inner = text
  for (;;) {
    const pair = pairs.find(([open, close]) =>
      inner.length > open.length + close.length && inner.startsWith(open) && inner.endsWith(close)
    )
    if (pair === undefined) return inner
    inner = inner.slice(pair[0].length, -pair[1].length).trim()
  }
}

/** Pattern of a position after a path: `:12`, `:12-14`, `:12:5`, `:L12`, `#L12-L14`, `(12,5)`, `(line 12)` */
const position =
  /(?::L?\d{1,9}(?:[-:]L?\d{1,9}){0,3}|#L?\d{1,9}(?:-L?\d{1,9})?|\(\d{1,9}(?:, ?\d{1,9})?\)|,? \(?lines? \d{1,9}(?:\s?[-\u2013]\s?\d{1,9})?\)?):?$/i

/** Pattern of the words before a path: `File: x.ts`, `+++ b/x.ts` */
const label = /^(?:(?:file|path): +|(?:\+\+\+|---) )/i

/** The new name of a rename: of `src/{a => b}/x.ts` or of `a.ts => b.ts`. */
const renamed = (text: string): string => {
  const arrow = text.lastIndexOf("=>")
  if (arrow === -1) return text
  const [open, close] = [text.lastIndexOf("{", arrow), text.indexOf("}", arrow)]
  const end = close === -1 ? text.length : close
  const isPart = open !== -1 && close !== -1
  return `${isPart ? text.slice(0, open) : ""}${text.slice(arrow + 2, end).trimStart()}${text.slice(end + 1)}`
}

type Rewrite = (text: string) => string

/** Rewrites that each undo one form in which models and tools write paths, in the order of their use. */
const rewrites: ReadonlyArray<Rewrite> = [
  (text) => text.trim(),
  unwrapped,
  (text) => unwrapped(text.replace(label, "").replace(/^\[([^\]]+)\]\([^()]*\)$/, "$1")),
  renamed,
  unescapePath,
  (text) => text.replace(position, ""),
  unwrapped,
  (text) => text.replaceAll("\\", "/"),
  (text) => text.replaceAll(/\/{2,}/g, "/").replaceAll(/\/\.(?=\/)/g, ""),
  (text) => text.replace(/^(?:\.?\/)+/, ""),
  (text) => percentDecoded(text)
]

const percentDecoded = (text: string): string =>
  /%[0-9a-f]{2}/i.test(text) ? Option.getOrElse(Option.liftThrowable(decodeURIComponent)(text), () => text) : text

/** The text and the result of each rewrite. */
const formsOf = (text: string): ReadonlyArray<string> =>
  Arr.dedupe([
    text,
    unescapePath(text),
    unquotePath(text.trim()),
    ...Arr.scan(rewrites, text, (form, rewrite) => rewrite(form))
  ]).filter((form) => form !== "")

const canonical: Rewrite = (path) => path.normalize("NFC")

const visible: Rewrite = (path) =>
  path.replaceAll(/[\p{Cc}\p{Z}]+/gu, " ").replaceAll(/\p{Default_Ignorable_Code_Point}/gu, "").normalize("NFKC")
    .replaceAll(/ +/g, " ").replaceAll(/(?<=^|\/) | (?=\/|$)/g, "")

const caseless: Rewrite = (path) => visible(path).toLowerCase()

/** Forms without a diff's own prefixes. */
const withoutPrefix = (forms: ReadonlyArray<string>): ReadonlyArray<string> =>
  forms.flatMap((form) => /^[ab]\/(?=.)/.test(form) ? [form.slice(2)] : [])

/** Result of a search for a path: one file, several candidates, or none. */
export type PathMatch = { readonly _tag: "One"; readonly path: string } | { readonly _tag: "Several" | "None" }

const one = (path: string): PathMatch => ({ _tag: "One", path })

/** Maximum length of a written path: that of git's longest ones, each character by its code point. */
const longestWritten = 32_768

/** Number of paths that are compared before others may have their turn. */
const slice = 2_000

/** Search of files by written paths, which pauses while it compares very many. */
type Search = (written: string) => Generator<void, PathMatch>

const searchOf = (paths: Iterable<string>): Search => {
  const known = new Set(paths)
  const indexes = new Map<Rewrite, ReadonlyMap<string, ReadonlyArray<string>>>()
  const indexBy = function*(key: Rewrite) {
    const before = indexes.get(key)
    if (before !== undefined) return before
    const index = new Map<string, Array<string>>()
    let count = 0
    for (const path of known) {
      const name = key(path)
      const same = index.get(name)
      if (same === undefined) index.set(name, [path])
      else same.push(path)
      if (++count % slice === 0) yield
    }
    indexes.set(key, index)
    return index
  }
  const byKey = function*(forms: ReadonlyArray<string>, key: Rewrite): Generator<void, PathMatch> {
    const index = yield* indexBy(key)
    const found = new Set(forms.flatMap((form) => index.get(key(form)) ?? []))
    const [path] = found
    return path === undefined ? { _tag: "None" } : found.size === 1 ? one(path) : { _tag: "Several" }
  }
  const exactly = (forms: ReadonlyArray<string>): PathMatch => {
    const path = forms.find((form) => known.has(form))
    return path === undefined ? { _tag: "None" } : one(path)
  }
  return function*(written) {
    if (known.has(written)) return one(written)
    if (written.length > longestWritten) return { _tag: "None" }
    const forms = formsOf(written)
    const bare = withoutPrefix(forms)
    for (const some of [forms, bare]) {
      const meant = exactly(some)
      if (meant._tag !== "None") return meant
      for (const key of [canonical, visible]) {
        const meant = yield* byKey(some, key)
        if (meant._tag !== "None") return meant
      }
    }
    return yield* byKey([...forms, ...bare], caseless)
  }
}

/** Makes the search of files by written paths. `paths`: all files, changed or not. */
export const makeSpellings = (paths: Iterable<string>) => {
  const search = searchOf(paths)
  return (written: string): PathMatch => {
    const steps = search(written)
    let step = steps.next()
    while (step.done !== true) step = steps.next()
    return step.value
  }
}

/** As `makeSpellings`, for all paths of a repository: to compare 100,000 takes seconds, in which others have turns. */
export const makeSpellingsInTurns = (paths: Iterable<string>) => {
  const search = searchOf(paths)
  return Effect.fnUntraced(function*(written: string) {
    const steps = search(written)
    let step = steps.next()
    while (step.done !== true) {
      yield* Effect.yieldNow
      step = steps.next()
    }
    return step.value
  })
}
