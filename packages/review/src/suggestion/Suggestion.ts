/** Repairs of a suggestion that a model hands in, to the bare code that replaces its lines. */
import { closesFence, type Fence, fenceIn, hasFenceMarks } from "@nominal-code/domain/text/Fence"
import { isWellFormedYaml } from "@nominal-code/domain/text/Yaml"
import { Option } from "effect"
import {
  withoutForeignMarks,
  withoutMarks,
  withoutNumbers,
  withoutPlaceholder,
  withoutSigns
} from "./SuggestionMarks.ts"
import {
  indentOf,
  isBlank,
  type Lines,
  plainText,
  prose,
  replacedBy,
  type Step,
  type SuggestionSite,
  trimmed
} from "./SuggestionSite.ts"

const withoutReturn = (line: string): string => line.endsWith("\r") ? line.slice(0, -1) : line

/** Finds a fence with nothing but indentation before it. Others are part of the code, such as those of a doc comment. */
const bareFence = (line: string): Fence | undefined => {
  const fence = fenceIn(line)
  return fence?.prefix.trim() === "" ? fence : undefined
}
const hasFence = (lines: Lines): boolean => lines.some(hasFenceMarks)

/** Finds the fence around the whole suggestion. */
const fenceAround = (lines: Lines): Fence | undefined => {
  const [first = "", last = ""] = [lines[0], lines.at(-1)]
  const fence = bareFence(first)
  return fence !== undefined && lines.length > 1 && closesFence(last, fence) ? fence : undefined
}

const count = (text: string, mark: string): number => text.split(mark).length - 1

/** True if fences are pairs, and each is text: in a doc string, a block comment, or a text that has fences already. */
const isInText = (lines: Lines, { file, path, startLine }: SuggestionSite): boolean => {
  const fences = lines.flatMap((line, at) => hasFence([line]) ? [at] : [])
  if (fences.length % 2 === 1) return false
  if (plainText.test(path)) return hasFence(file)
  return fences.every((at) => {
    const before = [...file.slice(0, startLine - 1), ...lines.slice(0, at)].join("\n")
    return [`"""`, "'''"].some((quotes) => count(before, quotes) % 2 === 1) ||
      before.lastIndexOf("/*") > before.lastIndexOf("*/")
  })
}

/**
 * Removes the fence with which models mark code. In a file where fences are text, only a forge's own fence is removed.
 */
const withoutFence: Step = (lines, site) => {
  const filled = trimmed(lines)
  const fence = fenceAround(filled)
  const bare = fence === undefined ? lines : filled.slice(1, -1)
  if (prose.test(site.path)) {
    return Option.some(fence !== undefined && /^\s*suggestion/i.test(fence.info) ? bare : lines)
  }
  if (hasFence(replacedBy(site))) return Option.some(lines)
  if (!hasFence(bare)) return Option.some(bare)
  return fence === undefined && isInText(lines, site) ? Option.some(lines) : Option.none()
}

/** Removes the backticks of a single line that is marked as code in prose. */
const withoutTicks: Step = (lines, site) => {
  const [only = "", ...more] = trimmed(lines)
  const [, code] = /^`([^`]+)`$/.exec(only.trim()) ?? []
  const isText = prose.test(site.path) || replacedBy(site).some((line) => /`|^\s*["']/.test(line))
  return Option.some(code === undefined || more.length > 0 || isText ? lines : [code])
}

/**
 * Removes blank lines at an end where the replaced lines have none: they would hide a repeated neighbour, or double a
 * blank one. A suggestion of nothing but blanks says nothing.
 */
const withoutBlankEnds: Step = (lines, site) => {
  const replaced = replacedBy(site)
  const filled = trimmed(lines)
  if (lines.length === 0) return Option.some(lines)
  if (filled.length === 0) return replaced.every(isBlank) ? Option.some(lines) : Option.none()
  const start = isBlank(replaced[0] ?? "") ? 0 : lines.findIndex((line) => !isBlank(line))
  const end = isBlank(replaced.at(-1) ?? "") ? lines.length : lines.findLastIndex((line) => !isBlank(line)) + 1
  return Option.some(lines.slice(start, end))
}

const balanceOf = (lines: Lines): number => {
  const text = lines.join("\n")
  return (text.match(/[([{]/g)?.length ?? 0) - (text.match(/[)\]}]/g)?.length ?? 0)
}

/** Number of first lines that equal the lines right above the replaced ones. */
const repeatedAbove = (lines: Lines, { file, startLine }: SuggestionSite): number => {
  for (let count = Math.min(lines.length, startLine - 1); count > 0; count--) {
    const above = file.slice(startLine - 1 - count, startLine - 1)
    if (above.every((line, at) => line.trimEnd() === lines[at]?.trimEnd())) return count
  }
  return 0
}

const repeatedBelow = (lines: Lines, { file, line }: SuggestionSite): number => {
  for (let count = Math.min(lines.length, file.length - line); count > 0; count--) {
    const below = file.slice(line, line + count)
    const last = lines.slice(-count)
    if (below.every((text, at) => text.trimEnd() === last[at]?.trimEnd())) return count
  }
  return 0
}

const range = (to: number): ReadonlyArray<number> => Array.from({ length: to + 1 }, (_, index) => index)

/**
 * Removes repeated neighbouring lines. A closing bracket below may be the suggestion's own, so the brackets have to
 * stay as balanced as those of the replaced lines.
 */
const withoutNeighbours: Step = (lines, site) => {
  const replaced = replacedBy(site)
  const above = lines[0]?.trimEnd() === replaced[0]?.trimEnd() ? 0 : repeatedAbove(lines, site)
  const below = lines.at(-1)?.trimEnd() === replaced.at(-1)?.trimEnd() ? 0 : repeatedBelow(lines, site)
  if (above + below === 0) return Option.some(lines)
  if (above + below >= lines.length) return Option.none()
  const wanted = balanceOf(replaced)
  const cuts = range(above).flatMap((top) => range(below).map((bottom) => [top, bottom] as const))
    .toSorted((a, b) => b[0] + b[1] - a[0] - a[1])
  const best = cuts.map(([top, bottom]) => lines.slice(top, lines.length - bottom))
    .find((rest) => balanceOf(rest) === wanted)
  if (best === undefined) return Option.none()
  // In a language of words, an `end` below may be its own, and nothing tells.
  const isWordEnd = below > 0 && /^\s*(?:end\w*|fi|done|esac)\b/.test(lines.at(-1) ?? "")
  return isWordEnd && above === 0 ? Option.none() : Option.some(best)
}

const reindented = (lines: Lines, from: string, to: string): Lines =>
  lines.map((line) => isBlank(line) ? line : to + line.slice(from.length))

/** Number of lines on each side of its place by which a suggestion has to be indented. */
const surroundings = 20

/** A line that begins with blanks and is not one of a comment: ` * like this`. */
const spaced = /^( {2,})(?! |\*)\S/

const withTabs = (lines: Lines): Option.Option<Lines> => {
  const widths = lines.flatMap((line) => spaced.exec(line)?.[1]?.length ?? [])
  const unit = widths.reduce((least, width) => Math.min(least, width), Number.POSITIVE_INFINITY)
  return widths.every((width) => width % unit === 0)
    ? Option.some(
      lines.map((line) => line.replace(spaced, (text) => "\t".repeat((text.length - 1) / unit) + text.at(-1)))
    )
    : Option.none()
}

/**
 * Converts blanks to tabs where all lines around begin with tabs, as in a Makefile: for some languages blanks are an error
 * there. None where the blanks are no whole tabs, or where tabs would stand among blanks.
 */
const withSameIndents: Step = (lines, { file, line, startLine }) => {
  const around = file.slice(Math.max(0, startLine - 1 - surroundings), line + surroundings)
  const [hasTabs, hasBlanks] = [around.some((text) => text.startsWith("\t")), around.some((text) => spaced.test(text))]
  if (hasTabs === hasBlanks) return Option.some(lines)
  if (hasBlanks) return lines.some((text) => /^ *\t\s*\S/.test(text)) ? Option.none() : Option.some(lines)
  // With tabs of its own, the blanks are those of a text in it, or go on with the line above.
  const isSpaced = lines.some((text) => spaced.test(text)) && !lines.some((text) => text.startsWith("\t"))
  return isSpaced ? withTabs(lines) : Option.some(lines)
}

/** Restores lost indentation from the first replaced line; none if the suggestion has another indentation. */
const withIndentation: Step = (lines, site) => {
  const replaced = replacedBy(site)
  const old = replaced.find((line) => !isBlank(line))
  const first = lines.find((line) => !isBlank(line))
  if (old === undefined || first === undefined) return Option.some(lines)
  const [wanted, given] = [indentOf(old), indentOf(first)]
  if (wanted === given) return Option.some(lines)
  // The same code on another column: the indentation itself is what is suggested.
  if (given !== "" && old.trim() === first.trim()) return Option.some(lines)
  if (given !== "" || wanted === "") return Option.none()
  const rest = lines.slice(lines.indexOf(first) + 1).filter((line) => !isBlank(line))
  const onlyFirst = rest.length > 0 && rest.every((line) => line.startsWith(wanted))
  if (!onlyFirst) return Option.some(reindented(lines, "", wanted))
  return rest.some((line) => replaced.includes(line))
    ? Option.some(lines.map((line) => line === first ? wanted + line : line))
    : Option.none()
}

/** Checks the result of all repairs: none if a neighbour is repeated with another indentation, or beyond a blank line. */
const withoutDoubles: Step = (lines, site) => {
  const { file, line, startLine } = site
  const replaced = replacedBy(site)
  const doubles = (a: string | undefined, b: string | undefined, old: string | undefined) =>
    a !== undefined && b !== undefined && /\w{2}/.test(a) && a.trim() === b.trim() && a.trim() !== old?.trim()
  const above = file.slice(0, startLine - 1).findLast((text) => !isBlank(text))
  const below = file.slice(line).find((text) => !isBlank(text))
  return doubles(lines[0], above, replaced[0]) || doubles(lines.at(-1), below, replaced.at(-1))
    ? Option.none()
    : Option.some(lines)
}

const isJson = (text: string): boolean => Option.isSome(Option.liftThrowable((): unknown => JSON.parse(text))())

const isWellFormed = [
  [/\.json$/i, isJson],
  [/\.ya?ml$/i, isWellFormedYaml]
] as const

/** Maximum length of a file that is parsed, which holds up the process meanwhile. */
const longestParsed = 50_000

/** Checks that a file of JSON or YAML that can be parsed still can with the suggestion in it. */
const stillParsed: Step = (lines, { file, line, path, startLine }) => {
  const [, parses] = isWellFormed.find(([name]) => name.test(path)) ?? []
  const before = file.join("\n")
  if (parses === undefined || before.length > longestParsed || !parses(before)) return Option.some(lines)
  const after = [...file.slice(0, startLine - 1), ...lines, ...file.slice(line)].join("\n")
  return after.length > longestParsed || parses(after) ? Option.some(lines) : Option.none()
}

const steps: ReadonlyArray<Step> = [
  withoutForeignMarks,
  withoutFence,
  withoutTicks,
  withoutNumbers,
  withoutSigns,
  withoutFence,
  withoutMarks,
  withoutPlaceholder,
  withoutBlankEnds,
  withSameIndents,
  withoutNeighbours,
  withIndentation,
  withoutNeighbours,
  withoutDoubles,
  stillParsed
]

/**
 * Repairs a suggestion to the code that one click should put into the file: without fences, diff marks and neighbouring
 * lines, at the right indentation. None if the intent is unclear.
 */
export const repairSuggestion = (suggestion: string, given: SuggestionSite): Option.Option<string> => {
  const site = { ...given, file: given.file.map(withoutReturn) }
  const lines = suggestion.replaceAll("\r\n", "\n").replace(/\n$/, "").split("\n")
  return steps.reduce(
    (result, step) => Option.flatMap(result, (done) => step(done, site)),
    Option.some<Lines>(lines)
  ).pipe(Option.map((done) => done.join("\n")))
}
