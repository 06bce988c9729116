import { Option } from "effect"
import { hasHunk, type Hunk, parsePatch, type PatchLine } from "./Hunk.ts"
import type { ChangedFile, Side } from "./Patch.ts"

interface PlacedLine {
  readonly hunk: number
  readonly line: PatchLine
}

/** A range of lines in one hunk. */
export interface ClippedRange {
  readonly startLine: number
  readonly line: number
}

type Sides = Readonly<Record<Side, ReadonlyMap<number, PlacedLine>>>

const indexHunks = (hunks: ReadonlyArray<Hunk>): Sides => {
  const LEFT = new Map<number, PlacedLine>()
  const RIGHT = new Map<number, PlacedLine>()
  hunks.forEach((hunk, index) => {
    for (const line of hunk.lines) {
      if (line.kind !== "added") LEFT.set(line.oldLine, { hunk: index, line })
      if (line.kind !== "deleted") RIGHT.set(line.newLine, { hunk: index, line })
    }
  })
  return { LEFT, RIGHT }
}

/**
 * Index of the lines that can carry a comment: on the left side the deleted and the context lines under their numbers
 * at the base, on the right side the added and the context lines under their numbers at the head. A file without hunks
 * is not in it.
 */
export class DiffIndex {
  private readonly patches: ReadonlyMap<string, string>
  private readonly indexed = new Map<string, Sides>()

  private constructor(patches: ReadonlyMap<string, string>) {
    this.patches = patches
  }

  /** Makes the index. A patch is parsed when a line of its file is asked for: findings are in few files of a change. */
  static readonly make = (files: ReadonlyArray<ChangedFile>): DiffIndex =>
    new DiffIndex(
      new Map(files.flatMap(({ patch = "", path }) => hasHunk(patch) ? [[path, patch] as const] : []))
    )

  private sides(path: string): Sides | undefined {
    const known = this.indexed.get(path)
    const patch = this.patches.get(path)
    if (known !== undefined || patch === undefined) return known
    const sides = indexHunks(parsePatch(patch))
    this.indexed.set(path, sides)
    return sides
  }

  /** The files that have at least one hunk. */
  get paths(): ReadonlyArray<string> {
    return [...this.patches.keys()]
  }

  /** Numbers of the lines of a file's side that can carry a comment. */
  lines(path: string, side: Side): ReadonlySet<number> {
    return new Set(this.sides(path)?.[side].keys())
  }

  /** The line of the patch under that number. A context line knows its numbers on both sides. */
  line(path: string, side: Side, line: number): Option.Option<PatchLine> {
    return Option.fromUndefinedOr(this.sides(path)?.[side].get(line)?.line)
  }

  /**
   * True if a comment may stand on `line`, or on the range from `startLine` to it. A range has to lie in one hunk:
   * forges refuse one that crosses a gap of the diff, even where the numbers are next to each other.
   */
  has(path: string, side: Side, line: number, startLine: number = line): boolean {
    const lines = this.sides(path)?.[side]
    const last = lines?.get(line)
    return last !== undefined && startLine <= line && lines?.get(startLine)?.hunk === last.hunk
  }

  /**
   * The part of the range from `startLine` to `line` that one hunk holds: the hunk of `line`, or else of the last line of
   * the range that is in the diff. None when the diff has no line of the range.
   */
  clip(path: string, side: Side, line: number, startLine: number = line): Option.Option<ClippedRange> {
    const lines = this.sides(path)?.[side]
    if (lines === undefined) return Option.none()
    const inDiff = [...lines.keys()].filter((number) => number <= line && number >= startLine)
    const last = inDiff.reduce((most, number) => Math.max(most, number), 0)
    const hunk = lines.get(last)?.hunk
    if (hunk === undefined) return Option.none()
    const inHunk = inDiff.filter((number) => lines.get(number)?.hunk === hunk)
    return Option.some({ line: last, startLine: inHunk.reduce((least, number) => Math.min(least, number), last) })
  }

  /** The text of the range's lines, each without its line ending; none unless `has` holds for the range. */
  code(path: string, side: Side, line: number, startLine: number = line): Option.Option<ReadonlyArray<string>> {
    const lines = this.sides(path)?.[side]
    if (lines === undefined || !this.has(path, side, line, startLine)) return Option.none()
    const code: Array<string> = []
    for (let number = startLine; number <= line; number++) code.push(lines.get(number)?.line.text ?? "")
    return Option.some(code)
  }
}
