/** Quotes of code, and the search for their places in a file. Indentation, inner blanks and blank lines do not count. */
import { unescapePath } from "@nominal-code/domain/file/RepoPathSpelling"

/** A line as quotes are compared, by what a prompt shows of it: odd characters as `[U+00A0]`, a tag as `<\/tag>`. */
export const plainLine = (line: string): string =>
  unescapePath(line).replaceAll("<\\", "<").replaceAll(/[^\S ]\s*| \s+/g, " ").trim()

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

/** A line of a file that is not blank, as quotes are compared. */
interface PlainLine {
  readonly plain: string
  readonly number: number
}

/** The lines of the files in which quotes were looked for: many quotes are of one file, and it may have 50,000 lines. */
const plainLines = new WeakMap<ReadonlyArray<string>, ReadonlyArray<PlainLine>>()

const plainLinesOf = (file: ReadonlyArray<string>): ReadonlyArray<PlainLine> => {
  const before = plainLines.get(file)
  if (before !== undefined) return before
  const lines = file.flatMap((text, at) => {
    const plain = plainLine(text)
    return plain === "" ? [] : [{ plain, number: at + 1 }]
  })
  plainLines.set(file, lines)
  return lines
}

/** All places of a quote in a file, top down. A quote may leave out the ends of its lines. */
export const placesOfQuote = (
  file: ReadonlyArray<string>,
  quote: ReadonlyArray<string>
): ReadonlyArray<QuotePlace> => {
  if (!quote.some((line) => /[\p{L}\p{N}]/u.test(line))) return []
  const lines = plainLinesOf(file)
  return lines.flatMap(({ number }, at) =>
    quote.every((wanted, index) => isPartOf(wanted, lines[at + index]?.plain))
      ? [{ first: number, last: lines[at + quote.length - 1]?.number ?? number }]
      : []
  )
}
