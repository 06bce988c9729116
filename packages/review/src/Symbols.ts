/** Names that a change defines, alters or removes, found by the shape of their definitions in all common languages. */
import * as Definition from "@nominal-code/domain/Definition"
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
