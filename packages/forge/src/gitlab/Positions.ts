import { hunkRange, parsePatch, type PatchLine } from "@nominal-code/domain/diff/Hunk"
import type { Finding } from "@nominal-code/domain/review/Finding"
import { createHash } from "node:crypto"

/** Commits that one version of a merge request's diff is between. */
export interface DiffRefs {
  readonly baseSha: string
  readonly startSha: string
  readonly headSha: string
}

/** A file of a version's diff. Without `diff`, its lines are not known. */
export interface VersionFile {
  readonly oldPath: string
  readonly newPath: string
  readonly diff: string
}

/** Numbers of a line: both on an unchanged one, its own alone on an added or deleted one. */
interface LineNumbers {
  readonly oldLine?: number
  readonly newLine?: number
}

interface RangeEnd extends LineNumbers {
  readonly lineCode: string
  readonly type: "new" | "old" | null
}

/** Position of a comment in the diff, as GitLab takes it. */
export interface Position extends DiffRefs, LineNumbers {
  readonly positionType: "text"
  readonly oldPath: string
  readonly newPath: string
  readonly lineRange?: { readonly start: RangeEnd; readonly end: RangeEnd }
}

const numbersOf = (line: PatchLine): LineNumbers =>
  line.kind === "added"
    ? { newLine: line.newLine }
    : line.kind === "deleted"
    ? { oldLine: line.oldLine }
    : { oldLine: line.oldLine, newLine: line.newLine }

const types = { added: "new", deleted: "old", context: null } as const

/** Lines of a file, as the ends of a range. The code of a line has both counters, whichever side it is on. */
const rangeEnds = ({ diff, newPath }: VersionFile): ReadonlyArray<RangeEnd> => {
  const path = createHash("sha1").update(newPath).digest("hex")
  return parsePatch(diff).flatMap(({ header, lines }) => {
    let { newStart: current = 0, oldStart: old = 0 } = hunkRange(header) ?? {}
    return lines.map((line) => {
      const end = { lineCode: `${path}_${old}_${current}`, type: types[line.kind], ...numbersOf(line) }
      if (line.kind !== "added") old++
      if (line.kind !== "deleted") current++
      return end
    })
  })
}

/**
 * Position of a finding in a version's diff. A line that the diff does not show gets its own number alone: GitLab, which
 * has all of the diff, then says if there is such a line.
 */
export const positionOf = (files: ReadonlyArray<VersionFile>, refs: DiffRefs, finding: Finding): Position => {
  const { line, path, side, startLine = line } = finding
  const file = files.find(({ newPath }) => newPath === path) ?? files.find(({ oldPath }) => oldPath === path) ??
    { oldPath: path, newPath: path, diff: "" }
  const place = { ...refs, positionType: "text", oldPath: file.oldPath, newPath: file.newPath } as const
  const ends = rangeEnds(file)
  const at = (number: number) => ends.find(({ newLine, oldLine }) => number === (side === "LEFT" ? oldLine : newLine))
  const end = at(line)
  if (end === undefined) return { ...place, ...(side === "LEFT" ? { oldLine: line } : { newLine: line }) }
  const { lineCode: _, type: __, ...numbers } = end
  const start = at(startLine)
  return {
    ...place,
    ...numbers,
    ...(start === undefined || start === end ? {} : { lineRange: { start, end } })
  }
}
