import type { Option } from "effect"

/** Place of a suggestion. Lines are without their endings; numbers count from 1. */
export interface SuggestionSite {
  readonly path: string
  /** The file at the head. */
  readonly file: ReadonlyArray<string>
  readonly startLine: number
  readonly line: number
  /** True if the file is parsed with the suggestion in it before that is offered. */
  readonly isParsed?: boolean
}

export type Lines = ReadonlyArray<string>

/** A repair step: the repaired lines, or none if the intent is unclear. */
export type Step = (lines: Lines, site: SuggestionSite) => Option.Option<Lines>

export const isBlank = (line: string): boolean => line.trim() === ""
export const indentOf = (line: string): string => /^\s*/.exec(line)?.[0] ?? ""
export const replacedBy = ({ file, line, startLine }: SuggestionSite): Lines => file.slice(startLine - 1, line)

/** Files in which fences are marks of the text. */
export const prose = /\.(?:md|mdx|mdc|markdown|mkd|qmd|rmd|livemd|adoc|rst|org|ipynb)$/i
/** Files of text without marks of its own. */
export const plainText = /\.(?:txt|text|prompt|tmpl|log)$|(?:^|\/)[^./]+$/i

/** Removes blank lines at both ends. */
export const trimmed = (lines: Lines): Lines => {
  const first = lines.findIndex((line) => !isBlank(line))
  return first === -1 ? [] : lines.slice(first, lines.findLastIndex((line) => !isBlank(line)) + 1)
}
