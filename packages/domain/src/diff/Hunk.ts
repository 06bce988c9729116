import { escapeCharacter } from "../file/RepoPathSpelling.ts"

/** Facts of a patch about a line, besides its text. */
interface LineBase {
  /** Text of the line, without the patch's first column and without its ending. */
  readonly text: string
  /** Ending of the line if it is not `\n`: `\r\n`, or the end of the file after a `\r` or after nothing. */
  readonly end?: "crlf" | "cr" | "none"
}

/**
 * A line of a patch. Plain data and no schema class: a patch has up to tens of thousands of them, they are always
 * derived from its text and never stored.
 */
export type PatchLine =
  & LineBase
  & (
    | { readonly kind: "context"; readonly oldLine: number; readonly newLine: number }
    | { readonly kind: "deleted"; readonly oldLine: number }
    | { readonly kind: "added"; readonly newLine: number }
  )

/** A run of neighbouring lines: on each side its line numbers have no gap. */
export interface Hunk {
  /** The `@@ … @@` line as it came, with the section name after it. */
  readonly header: string
  readonly lines: ReadonlyArray<PatchLine>
}

/** Start and length of a hunk on both sides. */
export interface HunkRange {
  readonly oldStart: number
  readonly oldCount: number
  readonly newStart: number
  readonly newCount: number
}

const header = /^@@ -(\d{1,10})(?:,(\d{1,10}))? \+(\d{1,10})(?:,(\d{1,10}))? @@/

/** Reads a hunk header; `undefined` for any other line. */
export const hunkRange = (line: string): HunkRange | undefined => {
  const [, oldStart, oldCount = "1", newStart, newCount = "1"] = header.exec(line) ?? []
  return oldStart === undefined ? undefined : {
    oldStart: Number(oldStart),
    oldCount: Number(oldCount),
    newStart: Number(newStart),
    newCount: Number(newCount)
  }
}

const anyHeader = new RegExp(String.raw`(?:^|\n)${header.source.slice(1)}`)

/** True for a patch that has a hunk. */
export const hasHunk = (patch: string): boolean => anyHeader.test(patch)

const withoutCarriageReturn = (text: string) => text.endsWith("\r") ? text.slice(0, -1) : text

/** Reader of one hunk's lines, which counts both sides. */
class HunkReader {
  readonly lines: Array<PatchLine> = []
  private readonly range: HunkRange
  private oldRead = 0
  private newRead = 0

  constructor(range: HunkRange) {
    this.range = range
  }

  /** Takes a line; false if it does not belong to the hunk, which is then over. */
  take(line: string): boolean {
    const text = withoutCarriageReturn(line.slice(1))
    const end = line.endsWith("\r") ? { end: "crlf" } as const : {}
    const oldLine = this.range.oldStart + this.oldRead
    const newLine = this.range.newStart + this.newRead
    const first = line.charAt(0)
    if (first === "-") {
      this.lines.push({ kind: "deleted", oldLine, text, ...end })
      this.oldRead++
    } else if (first === "+") {
      this.lines.push({ kind: "added", newLine, text, ...end })
      this.newRead++
    } else if (first === " " || this.isBareContext(line)) {
      this.lines.push({ kind: "context", oldLine, newLine, text, ...end })
      this.oldRead++
      this.newRead++
    } else {
      // `\ No newline at end of file` is a remark about the line before it, and has no number of its own.
      if (first === "\\") this.endOpen()
      return first === "\\"
    }
    return true
  }

  private endOpen(): void {
    const last = this.lines.pop()
    if (last !== undefined) this.lines.push({ ...last, end: last.end === "crlf" ? "cr" : "none" })
  }

  /**
   * True for an empty context line whose blank some tool has stripped. Beyond the counts, an empty line is the end of
   * the text.
   */
  private isBareContext(line: string): boolean {
    return (line === "" || line === "\r") && this.oldRead < this.range.oldCount && this.newRead < this.range.newCount
  }
}

/**
 * Parses a unified patch without a file header, as a forge gives it for one file. Lines before the first hunk header
 * belong to nothing and are dropped. Lines end at `\n` only: a form feed or U+2028 is part of a line's text.
 */
export const parsePatch = (patch: string): ReadonlyArray<Hunk> => {
  const hunks: Array<Hunk> = []
  let open: HunkReader | undefined
  for (const line of patch.split("\n")) {
    const range = hunkRange(line)
    if (range !== undefined) {
      open = new HunkReader(range)
      hunks.push({ header: withoutCarriageReturn(line), lines: open.lines })
    } else if (open !== undefined && !open.take(line)) {
      open = undefined
    }
  }
  return hunks
}

/** The line endings on one side of a patch, in the order in which they first occur. */
const endsOf = (lines: ReadonlyArray<PatchLine>, besides: PatchLine["kind"]): ReadonlySet<string> =>
  new Set(lines.filter(({ kind }) => kind !== besides).map(({ end = "lf" }) => end))

const endName: Readonly<Record<string, string>> = { lf: "LF", crlf: "CRLF" }

const namesOf = (ends: ReadonlySet<string>): string =>
  [...ends].flatMap((end) => endName[end] ?? []).toSorted().join(" and ")

const isOpen = (ends: ReadonlySet<string>): boolean => ends.has("none") || ends.has("cr")

/**
 * Sentences about the line endings that a patch changes; empty when it changes none. Its lines alone would not show it: the text
 * of such a line is the same before and after.
 */
export const lineEndChanges = (patch: string): ReadonlyArray<string> => {
  // All its lines end at `\n` then.
  if (!patch.includes("\r") && !patch.includes("\n\\")) return []
  const lines = parsePatch(patch).flatMap((hunk) => hunk.lines)
  const [before, after] = [endsOf(lines, "added"), endsOf(lines, "deleted")]
  const [was, is] = [namesOf(before), namesOf(after)]
  return [
    ...(was === is || was === "" || is === "" ? [] : [`Line ends in this diff: ${was} before, ${is} after.`]),
    ...(isOpen(before) === isOpen(after) || before.size === 0 || after.size === 0
      ? []
      : [`The newline at the end of the file is ${isOpen(after) ? "gone" : "new"}.`])
  ]
}

const sign = { context: " ", deleted: "-", added: "+" }

/** Characters that some reader takes for the end of a line or of a text. */
const breaks = /[\0\v\f\r\u001c-\u001e\u0085\u2028\u2029]/g

const annotateLine = (line: PatchLine, showEnds: boolean): string => {
  const number = line.kind === "deleted" ? line.oldLine : line.newLine
  const isShown = line.end === "cr" || (line.end === "crlf" && showEnds)
  const text = `${sign[line.kind]}${number}:${line.text.replaceAll(breaks, escapeCharacter)}${
    isShown ? "[U+000D]" : ""
  }`
  return line.end === "cr" || line.end === "none" ? `${text}\n\\ No newline at end of file` : text
}

/**
 * Renders a patch for a model: each line with the number by which a finding may name it. Deleted lines have
 * their number at the base (`-12:text`), all others the one at the head (`+12:text`, ` 12:text`).
 *
 * Nothing within a line looks like the end of one: such characters are shown as `[U+2028]`. A carriage return at a
 * line's end is shown, too, where the patch has lines with and without one.
 */
export const annotate = (patch: string): string => {
  const hunks = parsePatch(patch)
  const ends = new Set(hunks.flatMap(({ lines }) => lines.map(({ end = "lf" }) => end)))
  const showEnds = ends.has("crlf") && ends.has("lf")
  return hunks.flatMap((hunk) => [
    hunk.header.replaceAll(breaks, escapeCharacter),
    ...hunk.lines.map((line) => annotateLine(line, showEnds))
  ]).join("\n")
}
