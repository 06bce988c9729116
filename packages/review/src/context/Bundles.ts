/** Groups of changed files that are best read together, where one prompt does not hold all. */
import { parsePatch } from "@nominal-code/domain/diff/Hunk"
import type { ChangedFile } from "@nominal-code/domain/diff/Patch"
import { fitDiffs, type FittedDiffs, type Portion, worthOf } from "./DiffBudget.ts"
import { touchedSymbols } from "./Symbols.ts"

/** File names that say nothing about what a file belongs to. */
const commonStems = new Set([
  "index",
  "main",
  "mod",
  "init",
  "test",
  "tests",
  "types",
  "util",
  "utils",
  "lib",
  "readme"
])

/** Name of a file without its ending and without what marks a test: `cart` of `cart.test.ts` and `test_cart.py`. */
const stemOf = (path: string): string | undefined => {
  const name = path.slice(path.lastIndexOf("/") + 1)
  const stem = name.replace(/\..*$/, "").replace(/^test_|_(?:test|spec)$|(?<=[a-z])(?:Tests?|Spec)$/g, "").toLowerCase()
  return stem.length < 3 || commonStems.has(stem) ? undefined : stem
}

const imports = /^\s*(?:import|export\b.*\bfrom|from|use|using|require|include|#include|.*\brequire\()/

/** Names in a file's hunks: all words, and those that its imports end with. */
const namesIn = ({ patch = "" }: ChangedFile) => {
  const lines = parsePatch(patch).flatMap(({ lines }) => lines.map(({ text }) => text.slice(0, 400)))
  const words = new Set(lines.flatMap((text) => text.match(/[A-Za-z_$][\w$]{3,}/g) ?? []))
  const imported = lines.filter((text) => imports.test(text)).flatMap((text) => {
    const specifiers = Array.from(text.matchAll(/["'<]([^"'<>]+)["'>]/g), ([, specifier = ""]) => specifier)
    const modules = specifiers.length > 0 ? specifiers : text.match(/[\w.:\\]+/g) ?? []
    return modules.flatMap((module) => stemOf(module.split(/[/\\]|::|\.(?=\w+$)(?!\w{1,4}$)/).at(-1) ?? "") ?? [])
  })
  return { words, imported: new Set(imported) }
}

/** Number of the group of each file. */
type Groups = ReadonlyMap<ChangedFile, number>

/** Joins the files that share a name, of which one imports the other, or one names a symbol that the other touches. */
export const groupsOf = (files: ReadonlyArray<ChangedFile>): Groups => {
  const parents = files.map((_, at) => at)
  // Without recursion, and with shorter ways for the next ones: one file may join all the others, one after the other.
  const rootOf = (at: number): number => {
    let root = at
    for (let parent = parents[root] ?? root; parent !== root; parent = parents[root] ?? root) {
      root = parents[root] = parents[parent] ?? parent
    }
    return root
  }
  const owners = new Map<string, number>()
  const join = (key: string, at: number) => {
    const owner = owners.get(key)
    if (owner === undefined) owners.set(key, at)
    else parents[rootOf(at)] = rootOf(owner)
  }
  for (const [at, file] of files.entries()) {
    const stem = stemOf(file.path)
    if (stem !== undefined) join(`file ${stem}`, at)
    for (const { name } of touchedSymbols([file])) join(`symbol ${name}`, at)
  }
  for (const [at, file] of files.entries()) {
    const { imported, words } = namesIn(file)
    const keys = [...Array.from(imported, (stem) => `file ${stem}`), ...Array.from(words, (word) => `symbol ${word}`)]
    for (const key of keys) if (owners.has(key)) join(key, at)
  }
  return new Map(files.map((file, at) => [file, rootOf(at)]))
}

const sum = (portions: ReadonlyArray<Portion>): number => portions.reduce((total, { tokens }) => total + tokens, 0)

/**
 * Fits the diffs of the next prompt into a budget of tokens: all, or as many groups as go in whole, those with sources
 * and the small ones first. Of a group that is larger than a prompt, the worthiest files. `groupsNow`: the groups, where
 * there is a choice.
 */
export const nextBundle = (
  portions: ReadonlyArray<Portion>,
  budget: number,
  groupsNow: () => Groups
): FittedDiffs => {
  if (portions.length === 1 || sum(portions) <= budget) return fitDiffs(portions, budget)
  const groups = groupsNow()
  const all = [...Map.groupBy(portions, ({ file }) => groups.get(file)).values()]
  const worth = (group: ReadonlyArray<Portion>) =>
    group.reduce((least, one) => Math.min(least, worthOf(one)), Number.POSITIVE_INFINITY)
  const byWorth = all.toSorted((a, b) => worth(a) - worth(b) || sum(a) - sum(b))
  let room = budget
  const chosen = byWorth.filter((group) => {
    const fits = sum(group) <= room
    if (fits) room -= sum(group)
    return fits
  })
  const bundle = new Set((chosen.length > 0 ? chosen : byWorth.slice(0, 1)).flat())
  const { rest, shown } = fitDiffs(portions.filter((one) => bundle.has(one)), budget)
  const left = new Map(rest.map((one) => [one.file, one]))
  return {
    shown,
    rest: portions.flatMap((one) => bundle.has(one) ? left.get(one.file) ?? [] : [one])
  }
}
