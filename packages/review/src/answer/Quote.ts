/** Quotes of code, and the search for their places in a file. Indentation, inner blanks and blank lines do not count. */
import { unescapePath } from "@nominal-code/domain/file/RepoPathSpelling"

/** A line as quotes are compared, by what a prompt shows of it: odd characters as `[U+00A0]`, a tag as `<\/tag>`. */
export const plainLine = (line: string): string =>
  unescapePath(line).replaceAll("<\\", "<").replaceAll(/\s+/g, " ").trim()

/** Number of a line, as diffs and the tools print it in front of the code. */
const printedNumber = /^\s*[+-]?\s*\d+(?::|\t)\s?/

/** The lines of a quote. Line numbers that were copied with the code are left out. */
export const quotedLines = (quote: string): ReadonlyArray<string> => {
  const lines = quote.split(/\r?\n/).filter((line) => line.trim() !== "")
  const isNumbered = lines.length > 0 && lines.every((line) => printedNumber.test(line))
  return lines.map((line) => plainLine(isNumbered ? line.replace(printedNumber, "") : line)).filter((line) =>
    line !== ""
  )
}

/** Length from which a part of a line tells which line it is. */
const tellingLength = 5

const isPartOf = (wanted: string, line: string | undefined): boolean =>
  line !== undefined && (line === wanted || wanted.length >= tellingLength && line.includes(wanted))

/** Lines that a quote takes up in a file. */
export interface QuotePlace {
  readonly first: number
  readonly last: number
}

/** All places of a quote in a file, top down. A quote may leave out the ends of its lines. */
export const placesOfQuote = (
  file: ReadonlyArray<string>,
  quote: ReadonlyArray<string>
): ReadonlyArray<QuotePlace> => {
  const lines = file.flatMap((text, at) => {
    const plain = plainLine(text)
    return plain === "" ? [] : [{ plain, number: at + 1 }]
  })
  if (!quote.some((line) => /[\p{L}\p{N}]/u.test(line))) return []
  return lines.flatMap(({ number }, at) =>
    quote.every((wanted, index) => isPartOf(wanted, lines[at + index]?.plain))
      ? [{ first: number, last: lines[at + quote.length - 1]?.number ?? number }]
      : []
  )
}
