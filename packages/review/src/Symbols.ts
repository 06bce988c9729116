/** Names that a change defines, alters or removes, found by the shape of their definitions in all common languages. */
import { type Hunk, parsePatch, type PatchLine } from "@nominal-code/domain/Hunk"
import type { ChangedFile } from "@nominal-code/domain/Patch"

/**
 * A symbol that a change touches. `removed`: its definition is gone from the file. `redefined`: the line of its definition
 * has changed. `altered`: something after its definition has.
 */
export interface TouchedSymbol {
  readonly name: string
  readonly change: "removed" | "redefined" | "altered"
  readonly file: ChangedFile
  /** Line of the definition at the head; absent for a removed one. */
  readonly line?: number
}

const word = String.raw`([A-Za-z_$][\w$]*)`

/** Shapes of a line that defines a name. The first group of the first that matches is the name. */
const shapes = [
  // Go's methods, whose receiver stands before the name.
  new RegExp(String.raw`^\s*func\s+\([^)]*\)\s*${word}`),
  new RegExp(
    String.raw`^\s*(?:[\w@()]+\s+){0,5}(?:function\*?|def|fn|func|fun|class|interface|struct|enum|trait|protocol|` +
      String.raw`module|object|record|type|typealias|macro|sub|defp?|defmodule)\s+(?:self\.)?${word}`
  ),
  new RegExp(
    String.raw`^(?:export\s+)?(?:default\s+)?(?:declare\s+)?(?:const|let|var|val)\s+(?:mut\s+)?${word}`
  ),
  // Methods and C functions: modifiers and types, a name, parameters, and no semicolon at the end.
  new RegExp(String.raw`^\s*(?:[\w<>[\],.?*&:]+\s+){1,6}[*&]*${word}\s*(?:<[^>]*>)?\([^;]*(?:\{|=>|\)|,)\s*$`),
  new RegExp(String.raw`^\s*${word}\s*(?:<[^>]*>)?\([^;]*\)[^;=]*\{\s*$`)
]

/** Words that look like a definition's name and are none. */
const keywords = new Set(
  ("if for while switch catch return else elif do try with match when unless until case await yield throw new not in is " +
    "and or assert print super this self constructor init main test it describe expect require import from using")
    .split(" ")
)

/** Length of the names that are worth a search: a shorter one is everywhere. */
const shortest = 4

/** First words of a line that defines nothing. */
const statement = new RegExp(
  "^\\s*(?:" +
    ("return throw raise await yield if for while switch else elif case new import from using assert defer go del delete " +
      "echo puts print do try catch with match when unless until").split(" ").join("|") +
    ")\\b"
)

const comment = /^\s*(?:\/\/|\/?\*|#(?!\s*define))/

/** Name that a line defines; undefined for one that defines none. */
export const definedIn = (text: string): string | undefined => {
  if (text.length > 400 || statement.test(text) || comment.test(text)) return undefined
  const name = shapes.map((shape) => shape.exec(text)?.[1]).find((found) => found !== undefined)
  return name === undefined || name.length < shortest || keywords.has(name) ? undefined : name
}

/** The definition in whose lines the lines of a hunk begin, as git names it behind the hunk's header. */
const section = ({ header }: Hunk): string | undefined => definedIn(header.replace(/^@@[^@]*@@ ?/, ""))

const isChanged = ({ kind }: PatchLine): boolean => kind !== "context"

/** Symbols that a hunk touches, in the order of its lines. */
const inHunk = (file: ChangedFile, hunk: Hunk): ReadonlyArray<TouchedSymbol> => {
  const found: Array<TouchedSymbol> = []
  let around = section(hunk)
  for (const line of hunk.lines) {
    const name = definedIn(line.text)
    if (name !== undefined) around = name
    if (!isChanged(line)) continue
    if (name === undefined) {
      if (around !== undefined) found.push({ name: around, change: "altered", file })
    } else if (line.kind === "deleted") found.push({ name, change: "removed", file })
    else if (line.kind === "added") found.push({ name, change: "redefined", file, line: line.newLine })
  }
  return found
}

const weight = { removed: 0, redefined: 1, altered: 2 }

/**
 * The symbols that a change touches, each once: first those that it removes, then those that it defines anew, then those
 * whose insides it changes. A symbol that is only moved within the change counts as redefined.
 */
export const touchedSymbols = (files: ReadonlyArray<ChangedFile>): ReadonlyArray<TouchedSymbol> => {
  const all = files.flatMap((file) => parsePatch(file.patch ?? "").flatMap((hunk) => inHunk(file, hunk)))
  const added = new Map(all.filter(({ change }) => change === "redefined").map((one) => [one.name, one]))
  const byName = new Map<string, TouchedSymbol>()
  for (const one of all) {
    const moved = one.change === "removed" ? added.get(one.name) : undefined
    const next = moved ?? one
    const before = byName.get(next.name)
    if (before === undefined || weight[next.change] < weight[before.change]) byName.set(next.name, next)
  }
  return [...byName.values()].toSorted((a, b) => weight[a.change] - weight[b.change])
}
