import { annotate } from "@nominal-code/domain/Hunk"
import type { ChangedFile } from "@nominal-code/domain/Patch"
import { escapePath } from "@nominal-code/domain/RepoPathSpelling"

/** A file's diff as it goes into the prompt. */
export interface ShownDiff {
  readonly file: ChangedFile
  /** The annotated diff, or its beginning; empty if there is none, or no room for it. */
  readonly text: string
  /** Number of lines of the annotated diff that are not in `text`. */
  readonly leftOut: number
}

/** Weight of a file beside its diff: heading and tags. */
const overhead = 150

/** Minimum weight of a diff's beginning. */
const leastPart = 2_000

const ideograph = /[\p{Script=Han}\p{Script=Hiragana}\p{Script=Katakana}\p{Script=Hangul}\p{Extended_Pictographic}]/u

const weightOf = (character: string): number => character < "\u0080" ? 1 : ideograph.test(character) ? 4 : 2

/**
 * Weight of a text for a model, in characters of plain English, of which about four make a token. An ideograph is about
 * a token by itself; other scripts, and long runs without a blank (hashes, minified code), take two characters or so.
 */
export const weigh = (text: string): number => {
  let weight = text.length
  for (const [run] of text.matchAll(/[^\0-\u007f]+/g)) {
    for (const character of run) weight += weightOf(character) - character.length
  }
  for (const [run] of text.matchAll(/[A-Za-z0-9+/=_-]{40,}/g)) weight += run.length
  return weight
}

const lineCount = (text: string): number => text === "" ? 0 : text.split("\n").length

/** Cuts a text at a line's end to a weight. */
const cut = (text: string, room: number): string => {
  let [end, left] = [0, room]
  for (const line of text.split("\n")) {
    left -= weigh(line) + 1
    if (left < 0) break
    end += line.length + 1
  }
  return text.slice(0, Math.max(0, Math.min(end - 1, text.length)))
}

/**
 * Fits the diffs of all files into a budget of weight. The smallest come first, so that as many as possible are
 * whole; those that do not fit share what room is left, and lose their ends. The order of the files stays, and the same
 * files always give the same result.
 */
export const fitDiffs = (files: ReadonlyArray<ChangedFile>, budget: number): ReadonlyArray<ShownDiff> => {
  const annotated = files.map((file, at) => {
    const text = annotate(file.patch ?? "")
    return { at, file, text, weight: weigh(text) }
  })
  const bySize = annotated.toSorted((a, b) => a.weight - b.weight || a.at - b.at)
  let room = budget
  const firstLarge = bySize.findIndex(({ weight }) => {
    const fits = weight + overhead <= room
    if (fits) room -= weight + overhead
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

/** Names of the files whose diffs do not fit whole into a budget. */
export const notShown = (files: ReadonlyArray<ChangedFile>, budget: number): ReadonlyArray<string> =>
  fitDiffs(files, budget).filter(({ leftOut }) => leftOut > 0).map(({ file }) => escapePath(file.path))

/** Half of the budget, or of what the diffs weigh where they do not use it up: the next smaller prompt. */
export const budgetBelow = (files: ReadonlyArray<ChangedFile>, budget: number): number => {
  const used = fitDiffs(files, budget).reduce((sum, { text }) => sum + weigh(text) + overhead, 0)
  return Math.floor(Math.min(budget, used) / 2)
}
