import { Schema } from "effect"
import { createHash } from "node:crypto"
import type { DiffFile } from "./GitHubDiff.ts"

const Line = Schema.optionalKey(Schema.NullOr(Schema.Int))

/** One end of a range of lines. Source: GitLab's Discussions API, "Parameters for multiline comments". */
const RangeEnd = Schema.Struct({
  line_code: Schema.String,
  type: Schema.optionalKey(Schema.NullOr(Schema.Literals(["new", "old", "expanded"]))),
  old_line: Line,
  new_line: Line
})

export const LineRange = Schema.Struct({ start: RangeEnd, end: RangeEnd })
export type LineRange = typeof LineRange.Type

/** A place in the diff. Source: GitLab's Discussions API, "Create a new thread in the merge request diff". */
export const Position = Schema.Struct({
  base_sha: Schema.String,
  start_sha: Schema.String,
  head_sha: Schema.String,
  position_type: Schema.Literal("text"),
  old_path: Schema.String,
  new_path: Schema.String,
  old_line: Line,
  new_line: Line,
  line_range: Schema.optionalKey(Schema.NullOr(LineRange))
})
export type Position = typeof Position.Type

/** A line of a diff with both counters: on an added line the old one is that of the next old line, and vice versa. */
interface CountedLine {
  readonly old: number | undefined
  readonly new: number | undefined
  readonly code: string
}

const header = /^@@ -(\d+)(?:,\d+)? \+(\d+)(?:,\d+)? @@/

/** A line code: `<SHA-1 of the path>_<old counter>_<new counter>`. Source: `Gitlab::Git.diff_line_code`. */
export const lineCode = (path: string, old: number, current: number): string =>
  `${createHash("sha1").update(path).digest("hex")}_${old}_${current}`

/** The lines of a file's diff with their codes. Source: `Gitlab::Diff::Parser`, which keeps both counters. */
export const countedLines = ({ patch, path }: DiffFile): ReadonlyArray<CountedLine> => {
  const lines: Array<CountedLine> = []
  let old = 0
  let current = 0
  for (const text of patch === "" ? [] : patch.split("\n")) {
    const [, from, to] = header.exec(text) ?? []
    const code = lineCode(path, old, current)
    if (from !== undefined && to !== undefined) {
      old = Number(from)
      current = Number(to)
    } else if (text.startsWith("+")) {
      lines.push({ old: undefined, new: current++, code })
    } else if (text.startsWith("-")) {
      lines.push({ old: old++, new: undefined, code })
    } else if (!text.startsWith("\\")) {
      lines.push({ old: old++, new: current++, code })
    }
  }
  return lines
}

const fileAt = (files: ReadonlyArray<DiffFile>, { new_path, old_path }: Position): DiffFile | undefined =>
  files.find(({ path, previousPath }) => path === new_path && (previousPath ?? path) === old_path)

/**
 * The code of the line that a position names, or undefined where GitLab finds none. Both numbers have to be those of the
 * line: an unchanged line needs both, an added or deleted one its own alone.
 * Source: `Gitlab::Diff::File#line_for_position`.
 */
export const lineCodeAt = (files: ReadonlyArray<DiffFile>, position: Position): string | undefined => {
  const file = fileAt(files, position)
  if (file === undefined) return undefined
  const lines = countedLines(file)
  const found = lines.find((line) =>
    line.old === (position.old_line ?? undefined) &&
    line.new === (position.new_line ?? undefined)
  )
  if (found === undefined || !position.line_range) return found?.code
  const { end, start } = position.line_range
  const at = (code: string) => lines.findIndex((line) => line.code === code)
  // GitLab shows a range whose codes name no lines of the diff as a comment without a place.
  const whole = at(start.line_code) !== -1 && at(start.line_code) <= at(end.line_code) && end.line_code === found.code
  return whole ? found.code : undefined
}
