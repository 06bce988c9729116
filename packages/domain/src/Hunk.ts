/**
 * A line of a patch. Plain data and no schema class: a patch has up to tens of thousands of them, they are always
 * derived from its text and never stored. `text` has neither the patch's first column nor a line ending.
 */
export type PatchLine =
  | { readonly kind: "context"; readonly oldLine: number; readonly newLine: number; readonly text: string }
  | { readonly kind: "deleted"; readonly oldLine: number; readonly text: string }
  | { readonly kind: "added"; readonly newLine: number; readonly text: string }

/** A run of neighbouring lines: on each side its line numbers have no gap. */
export interface Hunk {
  /** The `@@ … @@` line as it came, with the section name after it. */
  readonly header: string
  readonly lines: ReadonlyArray<PatchLine>
}

/** Where a hunk starts on both sides, and how many lines it has on each. */
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

const withoutCarriageReturn = (text: string) => text.endsWith("\r") ? text.slice(0, -1) : text

/** Takes the lines of one hunk, counting both sides. */
class HunkReader {
  readonly lines: Array<PatchLine> = []
  private readonly range: HunkRange
  private oldRead = 0
  private newRead = 0

  constructor(range: HunkRange) {
    this.range = range
  }

  /** False: the line is none of a hunk's, so the hunk is over. */
  take(line: string): boolean {
    const text = withoutCarriageReturn(line.slice(1))
    const oldLine = this.range.oldStart + this.oldRead
    const newLine = this.range.newStart + this.newRead
    const first = line.charAt(0)
    if (first === "-") {
      this.lines.push({ kind: "deleted", oldLine, text })
      this.oldRead++
    } else if (first === "+") {
      this.lines.push({ kind: "added", newLine, text })
      this.newRead++
    } else if (first === " " || this.isBareContext(line)) {
      this.lines.push({ kind: "context", oldLine, newLine, text })
      this.oldRead++
      this.newRead++
    } else {
      // `\ No newline at end of file` is a remark about the line before it, and has no number of its own.
      return first === "\\"
    }
    return true
  }

  /** Some tools strip the blank of an empty context line. Past the counts, it is the end of the text instead. */
  private isBareContext(line: string): boolean {
    return (line === "" || line === "\r") && this.oldRead < this.range.oldCount && this.newRead < this.range.newCount
  }
}

/**
 * The hunks of a unified patch without a file header, as a forge gives it for one file. Lines before the first hunk
 * header belong to nothing and are dropped. Lines end at `\n` only: a form feed or U+2028 is part of a line's text.
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

const sign = { context: " ", deleted: "-", added: "+" }

const annotateLine = (line: PatchLine): string =>
  `${sign[line.kind]}${line.kind === "deleted" ? line.oldLine : line.newLine}:${line.text}`

/**
 * The patch as a model reads it: every line with the number under which a finding may name it. Deleted lines have
 * their number at the base (`-12:text`), all others the one at the head (`+12:text`, ` 12:text`).
 */
export const annotate = (patch: string): string =>
  parsePatch(patch).flatMap((hunk) => [hunk.header, ...hunk.lines.map(annotateLine)]).join("\n")
