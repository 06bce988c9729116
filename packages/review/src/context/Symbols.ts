/** Names that a change defines, alters or removes: by the syntax of its files, else by the shape of their lines. */
import { type Hunk, parsePatch, type PatchLine } from "@nominal-code/domain/diff/Hunk"
import type { ChangedFile } from "@nominal-code/domain/diff/Patch"
import * as Definition from "@nominal-code/domain/text/Definition"
import type { Definition as Defined, Outline } from "@nominal-code/workspace/syntax/Outline"

/**
 * A symbol that a change touches. `removed`: its definition is gone from the file. `redefined`: the line of its definition
 * has changed. `altered`: something after its definition has.
 */
export interface TouchedSymbol {
  readonly name: string
  readonly change: "removed" | "redefined" | "altered"
  readonly file: ChangedFile
  /** Line of the definition at the head, if it is known; absent for a removed one. */
  readonly line?: number
}

/** Length of the names that are worth a search: a shorter one is everywhere. */
const shortest = 4

/** Name that a line defines, if it is worth a search; undefined for any other line. */
export const definedIn = (text: string): string | undefined => {
  const name = Definition.definedIn(text)
  return name === undefined || name.length < shortest ? undefined : name
}

/** The definition in whose lines the lines of a hunk begin, as git names it behind the hunk's header. */
const section = ({ header }: Hunk): string | undefined => definedIn(header.replace(/^@@[^@]*@@ ?/, ""))

const isChanged = ({ kind }: PatchLine): boolean => kind !== "context"

/** Symbols that a hunk touches, in the order of its lines, by the shape of its lines. */
const byShape = (file: ChangedFile, hunk: Hunk): ReadonlyArray<TouchedSymbol> => {
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

/** Outlines of a file on both sides of a change; that of a side on which it does not exist is empty. */
export interface FileOutlines {
  readonly base: Outline
  readonly head: Outline
}

/** The smallest definition around each line. Each line is visited once, however the definitions nest. */
const smallestAround = (definitions: ReadonlyArray<Defined>): ReadonlyArray<Defined | undefined> => {
  const smallest: Array<Defined | undefined> = []
  /** For each line with a definition, a later line up to which all have one. */
  const next: Array<number | undefined> = []
  const free = (line: number): number => {
    let to = line
    for (let at = next[to]; at !== undefined; at = next[to]) to = at
    for (let at = line; at < to;) {
      const after = next[at] ?? to
      next[at] = to
      at = after
    }
    return to
  }
  for (const one of definitions.toSorted((a, b) => a.end - a.start - (b.end - b.start))) {
    for (let line = free(one.start); line <= one.end; line = free(line)) {
      smallest[line] = one
      next[line] = line + 1
    }
  }
  return smallest
}

/** Tells the definitions that begin in a line; else the smallest one around it. */
const definitionsIn = ({ definitions }: Outline) => {
  const named = definitions.filter(({ name }) => name.length >= shortest)
  const byLine = Map.groupBy(named, ({ line }) => line)
  const around = smallestAround(named)
  return (line: number): ReadonlyArray<Defined> => {
    const smallest = around[line]
    return byLine.get(line) ?? (smallest === undefined ? [] : [smallest])
  }
}

/** Symbols that a hunk touches, in the order of its lines, by the definitions of its file. */
const bySyntax = (file: ChangedFile, { base, head }: FileOutlines) => {
  const [definedBefore, definedNow] = [definitionsIn(base), definitionsIn(head)]
  const kept = new Map(head.definitions.map(({ line, name }) => [name, line]))
  return (hunk: Hunk): ReadonlyArray<TouchedSymbol> =>
    hunk.lines.flatMap((changed): ReadonlyArray<TouchedSymbol> => {
      if (changed.kind === "context") return []
      if (changed.kind === "added") {
        return definedNow(changed.newLine).map(({ line, name }) =>
          line === changed.newLine ? { name, change: "redefined", file, line } : { name, change: "altered", file, line }
        )
      }
      return definedBefore(changed.oldLine).flatMap(({ line, name }): ReadonlyArray<TouchedSymbol> => {
        const now = kept.get(name)
        if (now !== undefined) return [{ name, change: "altered", file, line: now }]
        return line === changed.oldLine ? [{ name, change: "removed", file }] : []
      })
    })
}

/** Symbols that a change of a file touches. What is not of the language hides definitions, and their shape tells. */
const inFile = (file: ChangedFile, outlines: FileOutlines | undefined): ReadonlyArray<TouchedSymbol> => {
  const hunks = parsePatch(file.patch ?? "")
  return outlines === undefined || outlines.base.errors + outlines.head.errors > 0
    ? hunks.flatMap((hunk) => byShape(file, hunk))
    : hunks.flatMap(bySyntax(file, outlines))
}

const weight = { removed: 0, redefined: 1, altered: 2 }

/**
 * The symbols that a change touches, each once: first those that it removes, then those that it defines anew, then those
 * whose insides it changes. A symbol that is only moved within the change counts as redefined. Files without outlines
 * are read by the shape of their lines.
 */
export const touchedSymbols = (
  files: ReadonlyArray<ChangedFile>,
  outlines: ReadonlyMap<ChangedFile, FileOutlines> = new Map()
): ReadonlyArray<TouchedSymbol> => {
  const all = files.flatMap((file) => inFile(file, outlines.get(file)))
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
