import { Option } from "effect"
import { ignoreMatcher } from "../file/IgnorePatterns.ts"
import type { filters } from "../settings/Filters.ts"
import type { ValuesOf } from "../settings/Setting.ts"

/**
 * Filters of the pull requests that are reviewed by themselves. In a list, an entry with `!` before it excludes; if
 * there are others, a pull request needs one of them. An empty list, and a limit of 0, filter nothing.
 */
export type Filters = ValuesOf<typeof filters>

/** Filters that leave nothing out. */
export const noFilters: Filters = {
  authors: [],
  baseBranches: [],
  headBranches: [],
  labels: [],
  titles: [],
  paths: [],
  maxFiles: 0,
  maxLines: 0
}

/** Facts about a pull request, as far as they are known. A filter of an unknown one does not apply. */
export interface FilteredFacts {
  readonly author?: string
  readonly baseBranch?: string
  readonly headBranch?: string
  readonly labels?: ReadonlyArray<string>
  readonly title?: string
  readonly paths?: ReadonlyArray<string>
  /** Number of added and deleted lines. */
  readonly lines?: number
}

/** Makes the test of one name, from the entries of one kind. */
type Matcher = (entries: ReadonlyArray<string>) => (name: string) => boolean

/** Matches whole names in any case, in which `*` stands for any characters but the slash, and nothing else is special. */
const byName: Matcher = (entries) => {
  const literal = (entry: string) => `/${entry.toLowerCase().replaceAll(/[\\[\]?]/g, String.raw`\$&`)}`
  const matches = ignoreMatcher(entries.map(literal))
  return (name) => matches(name.toLowerCase())
}

const byBranch: Matcher = (entries) =>
  ignoreMatcher(entries.map((entry) => entry.startsWith("/") ? entry : `/${entry}`))

const byPart: Matcher = (entries) => (title) => {
  const lowerCase = title.toLowerCase()
  return entries.some((entry) => lowerCase.includes(entry.toLowerCase()))
}

interface Parts {
  readonly included: ReadonlyArray<string>
  readonly excluded: ReadonlyArray<string>
}

const partsOf = (entries: ReadonlyArray<string>): Parts => ({
  included: entries.filter((entry) => !entry.startsWith("!")),
  excluded: entries.filter((entry) => entry.startsWith("!")).map((entry) => entry.slice(1))
})

/** True if the names pass: none is excluded, and one is included where there are entries that include. */
const pass = (entries: ReadonlyArray<string>, names: ReadonlyArray<string>, matcher: Matcher): boolean => {
  const { excluded, included } = partsOf(entries)
  if (excluded.length > 0 && names.some(matcher(excluded))) return false
  return included.length === 0 || names.some(matcher(included))
}

/** True if one of the files passes by itself. */
const somePasses = (entries: ReadonlyArray<string>, paths: ReadonlyArray<string>): boolean => {
  const { excluded, included } = partsOf(entries)
  const [isExcluded, isIncluded] = [ignoreMatcher(excluded), ignoreMatcher(included)]
  return paths.some((path) => !isExcluded(path) && (included.length === 0 || isIncluded(path)))
}

const isOver = (limit: number, number: number): boolean => limit > 0 && number > limit

const named = (
  entries: ReadonlyArray<string>,
  names: ReadonlyArray<string> | string | undefined,
  matcher: Matcher
): boolean =>
  entries.length === 0 || names === undefined || pass(entries, typeof names === "string" ? [names] : names, matcher)

/** The end of a sentence that says which filter a pull request does not pass; none if it passes. */
export const filteredBy = (filters: Filters, facts: FilteredFacts): Option.Option<string> => {
  const { author, baseBranch, headBranch, labels, lines, paths, title } = facts
  const { maxFiles, maxLines } = filters
  if (!named(filters.authors, author, byName)) return Option.some("its author is left out by `filters.authors`")
  if (!named(filters.baseBranches, baseBranch, byBranch)) {
    return Option.some("its base branch is left out by `filters.base_branches`")
  }
  if (!named(filters.headBranches, headBranch, byBranch)) {
    return Option.some("its head branch is left out by `filters.head_branches`")
  }
  if (!named(filters.labels, labels, byName)) return Option.some("its labels are left out by `filters.labels`")
  if (!named(filters.titles, title, byPart)) return Option.some("its title is left out by `filters.titles`")
  if (paths !== undefined && paths.length > 0 && !somePasses(filters.paths, paths)) {
    return Option.some("its files are left out by `filters.paths`")
  }
  if (paths !== undefined && isOver(maxFiles, paths.length)) {
    return Option.some(`it changes ${paths.length} files, and \`filters.max_files\` is ${maxFiles}`)
  }
  if (lines !== undefined && isOver(maxLines, lines)) {
    return Option.some(`it changes ${lines} lines, and \`filters.max_lines\` is ${maxLines}`)
  }
  return Option.none()
}
