import { annotate, hunkRange } from "@nominal-code/domain/diff/Hunk"
import type { ChangedFile } from "@nominal-code/domain/diff/Patch"
import type { FileKind } from "@nominal-code/domain/file/FileKind"
import type { PlannedFile } from "./Plan.ts"
import { tokensIn } from "./TokenEstimate.ts"

/** A file's diff, or the rest of it, that no prompt has shown yet. */
export interface Portion extends PlannedFile {
  /** The annotated diff. The rest of a hunk begins with the hunk's header again. */
  readonly text: string
  /** Number of lines of the file's diff that an earlier prompt has shown. */
  readonly shownBefore: number
  readonly tokens: number
}

/** A file's diff as it goes into the prompt. */
export interface ShownDiff {
  readonly file: ChangedFile
  /** The annotated diff, or a part of it. */
  readonly text: string
  /** Number of lines of the annotated diff that are shown before this part. */
  readonly shownBefore: number
  /** Number of lines of the annotated diff that come after `text`. */
  readonly leftOut: number
}

/** Diffs for one prompt, and what is left for others. */
export interface FittedDiffs {
  readonly shown: ReadonlyArray<ShownDiff>
  readonly rest: ReadonlyArray<Portion>
}

/** Tokens of a file beside its diff: heading and tags. */
const overhead = 50

/** Fewest tokens of a part of a diff. */
const leastPart = 600

/** Order in which the files get room: what people wrote first, the code before its tests and its texts. */
const worth: Readonly<Record<FileKind, number>> = { source: 0, config: 1, test: 2, docs: 3, generated: 4 }

/** Order of a diff among others: the lowest gets room first. */
export const worthOf = ({ kind }: PlannedFile): number => worth[kind]

const portion = (planned: PlannedFile, text: string, shownBefore: number): Portion => ({
  ...planned,
  text,
  shownBefore,
  tokens: tokensIn(text) + overhead
})

/** The diffs that are to be shown. */
export const portionsOf = (files: ReadonlyArray<PlannedFile>): ReadonlyArray<Portion> =>
  files.flatMap((planned) => {
    const { file, onlyNamed } = planned
    const text = onlyNamed === undefined ? annotate(file.patch ?? "") : ""
    return text === "" ? [] : [portion(planned, text, 0)]
  })

const shownWhole = ({ file, shownBefore, text }: Portion): ShownDiff => ({ file, text, shownBefore, leftOut: 0 })

/** Cuts a diff at a line's end to a number of tokens. */
const cut = (whole: Portion, room: number): FittedDiffs => {
  const lines = whole.text.split("\n")
  let [count, left, header] = [0, room - overhead, ""]
  for (const line of lines) {
    left -= tokensIn(line) + 1
    if (left < 0) break
    if (hunkRange(line) !== undefined) header = line
    count++
  }
  if (count === 0) return { shown: [], rest: [whole] }
  const rest = lines.slice(count)
  const isContinued = hunkRange(rest[0] ?? "") === undefined && header !== ""
  const { file, shownBefore } = whole
  return {
    shown: [{ file, text: lines.slice(0, count).join("\n"), shownBefore, leftOut: rest.length }],
    rest: [portion(whole, [...(isContinued ? [header] : []), ...rest].join("\n"), shownBefore + count)]
  }
}

/** Part of the room that the largest file leaves to files of a lower rank. */
const forLess = 0.2

/**
 * Fits diffs into a budget of tokens. What is worth more comes first, and of that the smallest, so that as many as
 * possible are whole; the first that does not fit loses its end. The order of the files stays, and the same files always
 * give the same result.
 */
export const fitDiffs = (portions: ReadonlyArray<Portion>, budget: number): FittedDiffs => {
  const places = new Map(portions.map(({ file }, at) => [file, at]))
  const inOrder = <A extends { readonly file: ChangedFile }>(list: ReadonlyArray<A>) =>
    list.toSorted((a, b) => (places.get(a.file) ?? 0) - (places.get(b.file) ?? 0))
  const shown: Array<ShownDiff> = []
  let rest: ReadonlyArray<Portion> = []
  let room = budget
  let isCut = false
  for (const tier of [0, 1, 2, 3, 4]) {
    const unfit: Array<Portion> = []
    for (const one of portions.filter(({ kind }) => worth[kind] === tier).toSorted((a, b) => a.tokens - b.tokens)) {
      if (one.tokens > room) unfit.push(one)
      else {
        room -= one.tokens
        shown.push(shownWhole(one))
      }
    }
    const [first, ...others] = unfit
    const less = portions.reduce((sum, { kind, tokens }) => sum + (worth[kind] > tier ? tokens : 0), 0)
    const part = room - Math.min(less, room * forLess)
    if (first === undefined || isCut || part < leastPart) rest = [...rest, ...unfit]
    else {
      const { rest: end, shown: beginning } = cut(first, part)
      isCut = true
      shown.push(...beginning)
      rest = [...rest, ...end, ...others]
      room -= beginning.reduce((sum, { text }) => sum + tokensIn(text) + overhead, 0)
    }
  }
  return { shown: inOrder(shown), rest: inOrder(rest) }
}

/** Half of the budget, or of what the diffs take where they do not use it up: the next smaller prompt. */
export const budgetBelow = ({ shown }: FittedDiffs, budget: number): number => {
  const used = shown.reduce((sum, { text }) => sum + tokensIn(text) + overhead, 0)
  return Math.floor(Math.min(budget, used) / 2)
}
