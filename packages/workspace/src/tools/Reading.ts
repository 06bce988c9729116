import type { Context, Path } from "effect"
import type { ChildProcessSpawner } from "effect/process"
import type { Git } from "../Git.ts"
import type { Listing } from "../Listing.ts"
import type { Commits } from "../Mirror.ts"
import type { ObjectReader } from "../ObjectReader.ts"
import type { Syntax } from "../syntax/Syntax.ts"

/** Context of the tools of one checkout. */
export interface ToolContext {
  readonly gitDir: string
  /** Files of the reviewed commit. */
  readonly listing: Listing
  readonly objects: ObjectReader
  readonly commits: Commits
  readonly syntax: Syntax
  readonly services: Context.Context<Path.Path | Git | ChildProcessSpawner.ChildProcessSpawner>
}

/** Limits of one answer of a tool. */
export const MAX_CHARACTERS = 30_000

/** Part of an answer that is asked for: its first line, from 1, and its number of lines. */
export interface Page {
  readonly offset?: number | undefined
  readonly limit?: number | undefined
}

/**
 * A part of an answer in whole lines, within its bound, saying where to go on. `cut`: there was more than these lines.
 * `shown` forms each line of the part, by its index.
 */
export const paged = (
  lines: ReadonlyArray<string>,
  { limit = Infinity, offset = 1 }: Page,
  cut: boolean,
  shown = (line: string, _index: number): string => line
): string => {
  if (offset > lines.length) return `(there are ${lines.length} lines: line ${offset} is beyond their end)`
  let end = offset - 1
  let size = 0
  while (end < lines.length && end - offset + 1 < limit) {
    size += shown(lines[end] ?? "", end).length + 1
    if (size > MAX_CHARACTERS && end >= offset) break
    end++
  }
  const part = bounded(lines.slice(offset - 1, end).map((line, at) => shown(line, offset - 1 + at)).join("\n"))
  if (end < lines.length) return `${part}\n...(truncated: go on with offset ${end + 1})`
  return cut ? `${part}\n...(truncated)` : part
}

/** An answer within its bound, saying so when there was more. */
export const bounded = (text: string, cut = false): string =>
  cut || text.length > MAX_CHARACTERS ? `${text.slice(0, MAX_CHARACTERS)}\n...(truncated)` : text
