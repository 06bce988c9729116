import { annotate } from "@nominal-code/domain/Hunk"
import type { ChangedFile } from "@nominal-code/domain/Patch"

/** A file's diff as it goes into the prompt. */
export interface ShownDiff {
  readonly file: ChangedFile
  /** The annotated diff, or the beginning of it; empty when there is none to show or no room for it. */
  readonly text: string
  /** Lines of the annotated diff that are not in `text`. */
  readonly leftOut: number
}

/** What a file costs beside its diff: its heading and its tags. */
const overhead = 150

/** A beginning shorter than this says nothing. */
const leastPart = 2_000

const lineCount = (text: string): number => text === "" ? 0 : text.split("\n").length

const cut = (text: string, room: number): string => text.slice(0, Math.max(0, text.lastIndexOf("\n", room)))

/**
 * Fits the diffs of all files into a number of characters. The smallest come first, so that as many as possible are
 * whole; those that do not fit share what room is left, and lose their ends. The order of the files stays, and the same
 * files always give the same result.
 */
export const fitDiffs = (files: ReadonlyArray<ChangedFile>, budget: number): ReadonlyArray<ShownDiff> => {
  const annotated = files.map((file, at) => ({ at, file, text: annotate(file.patch ?? "") }))
  const bySize = annotated.toSorted((a, b) => a.text.length - b.text.length || a.at - b.at)
  let room = budget
  const firstLarge = bySize.findIndex(({ text }) => {
    const fits = text.length + overhead <= room
    if (fits) room -= text.length + overhead
    return !fits
  })
  const large = firstLarge === -1 ? [] : bySize.slice(firstLarge)
  const shared = Math.min(large.length, Math.floor(room / (leastPart + overhead)))
  const part = shared === 0 ? 0 : Math.floor(room / shared) - overhead
  const cuts = new Map(large.map(({ at, text }, index) => [at, index < shared ? cut(text, part) : ""]))
  return annotated.map(({ at, file, text }) => {
    const shown = cuts.get(at) ?? text
    return { file, text: shown, leftOut: lineCount(text) - lineCount(shown) }
  })
}
