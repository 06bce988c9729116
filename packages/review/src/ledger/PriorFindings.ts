/** Findings that our own comments have raised already, and the search for those that a new review repeats. */
import { parsePatch } from "@nominal-code/domain/diff/Hunk"
import type { ChangedFile, Side } from "@nominal-code/domain/diff/Patch"
import { claimWords, type Finding, type Fingerprint } from "@nominal-code/domain/review/Finding"

/** A finding that is on the pull request already. One whose place cannot be read has none. */
export interface PriorFinding {
  readonly fingerprint: Fingerprint
  /** True if somebody has dismissed it, or we have withdrawn it. */
  readonly dismissed?: boolean
  readonly place?: PriorPlace
}

/** The place of a finding that is on the pull request. */
export interface PriorPlace {
  readonly path: string
  readonly side: Side
  /** Line where the forge shows it now; absent once the code there has changed. */
  readonly line?: number | undefined
  readonly originalLine?: number | undefined
  /** Lines that have taken its place; absent where it is still there, or where nobody can tell. */
  readonly replacedBy?: ReadonlyArray<number>
  /** Lines of its side up to its own, as they were; empty where the forge does not tell. */
  readonly code: ReadonlyArray<string>
  readonly category: string
  readonly words: ReadonlyArray<string>
}

const isSameLine = (a: string | undefined, b: string | undefined) => a !== undefined && a.trim() === b?.trim()

/** Number of equal lines up to a place and up to the commented line. */
const similarity = (file: ReadonlyArray<string>, line: number, code: ReadonlyArray<string>): number => {
  let same = 0
  while (same < code.length && isSameLine(file[line - 1 - same], code.at(-1 - same))) same++
  return same
}

/** Present line of a comment: under the same lines as before, else nearest to its old line; none if its code is gone. */
export const lineNow = ({ code, line, originalLine = 0 }: PriorPlace, file: ReadonlyArray<string>) => {
  if (line !== undefined) return line
  const own = code.at(-1)
  const candidates = file.flatMap((text, at) => isSameLine(own, text) ? [at + 1] : [])
  const ranked = candidates.toSorted((a, b) =>
    similarity(file, b, code) - similarity(file, a, code) || Math.abs(a - originalLine) - Math.abs(b - originalLine)
  )
  return ranked[0]
}

/** A word without its ending: `awaited`, `awaits` and `await` are one word. */
const stemOf = (word: string): string => word.length < 5 ? word : word.replace(/(?:ing|ed|es|e|s)$/, "")

/** Share of the shorter claim's words that are in the other claim. */
export const overlap = (a: ReadonlyArray<string>, b: ReadonlyArray<string>): number => {
  const [one, other] = [new Set(a.map(stemOf)), new Set(b.map(stemOf))]
  const shorter = Math.min(one.size, other.size)
  return shorter === 0 ? 0 : one.intersection(other).size / shorter
}

/** Overlaps of two claims from which they are one: at the same line, at a near one, and in another category. */
const leastOverlap = 1 / 4
const nearOverlap = 1 / 3
const muchOverlap = 0.6

/** True if a finding and a place share enough words for one claim: more of them where their categories differ. */
const isSameClaim = (finding: Finding, { category, words }: PriorPlace, least: number): boolean =>
  overlap(claimWords(finding.body), words) >= (category === finding.category ? least : muchOverlap)

/** Places of a piece of code in a file, by its last line's number. */
const placesOf = (file: ReadonlyArray<string>, code: ReadonlyArray<string>): ReadonlyArray<number> =>
  code.length === 0 ? [] : file.flatMap((_, at) => similarity(file, at + 1, code) === code.length ? [at + 1] : [])

/** Distance in lines within which a finding is known again after its code has changed. */
const nearby = 10

/** Distance in lines within which a finding is known again on another range. */
const besides = 5

const isNear = ({ originalLine }: PriorPlace, startLine: number, line: number): boolean =>
  originalLine !== undefined && originalLine >= startLine - nearby && originalLine <= line + nearby

/** Source code of a finding: its file on its side, and the text of its lines. */
export interface FindingSource {
  readonly file: ReadonlyArray<string>
  readonly code: ReadonlyArray<string>
}

/** A finding of a new review with its identity and its code. */
export interface LocatedFinding {
  readonly finding: Finding
  readonly fingerprint: Fingerprint
  readonly source: FindingSource
}

/** Findings and changes that a new review is compared with. */
export interface RepeatContext {
  readonly raised: ReadonlyArray<PriorFinding>
  /** Changes since the last review; absent where nobody can tell. */
  readonly changed?: ReadonlyArray<ChangedFile> | undefined
}

const inSameFile = (raised: ReadonlyArray<PriorFinding>, { finding, source }: LocatedFinding) =>
  raised.flatMap((one) => {
    const { place } = one
    if (place === undefined || place.path !== finding.path || place.side !== finding.side) return []
    return [{ ...one, place, now: lineNow(place, source.file) }]
  })

const startOf = ({ line, startLine = line }: Finding): number => startLine

/** The lines of a file that have been added since the last review. */
const addedIn = (changed: ReadonlyArray<ChangedFile>, path: string): ReadonlySet<number> =>
  new Set(
    changed.filter((file) => file.path === path).flatMap(({ patch = "" }) =>
      parsePatch(patch).flatMap(({ lines }) => lines.flatMap((line) => line.kind === "added" ? [line.newLine] : []))
    )
  )

/**
 * The prior finding at the place of a finding. Other words for it are the same finding there. One whose code has changed
 * counts for the lines that have taken its place, and a dismissed one around its old line. The same defect at another
 * place is new.
 */
const atItsPlace = (raised: ReadonlyArray<PriorFinding>, located: LocatedFinding): PriorFinding | undefined => {
  const { finding, fingerprint } = located
  const isWithin = (line: number) => line >= startOf(finding) && line <= finding.line
  return inSameFile(raised, located).find(({ dismissed = false, fingerprint: known, now, place }) => {
    const isSame = (least: number) => known === fingerprint || isSameClaim(finding, place, least)
    if (now !== undefined) return isWithin(now) && isSame(leastOverlap)
    const isThere = dismissed && isNear(place, startOf(finding), finding.line) ||
      place.replacedBy?.some(isWithin) === true
    return isThere && isSame(nearOverlap)
  })
}

/**
 * The prior finding that a finding names on another range, a few lines off: the last review has seen these lines as they
 * are, and the code is not that of the prior finding once more.
 */
const besideItsPlace = (
  raised: ReadonlyArray<PriorFinding>,
  located: LocatedFinding,
  changed: ReadonlyArray<ChangedFile>
): PriorFinding | undefined => {
  const { finding, source: { code, file } } = located
  const added = addedIn(changed, finding.path)
  const lines = Array.from(code, (_, at) => startOf(finding) + at)
  if (lines.some((line) => added.has(line))) return undefined
  return inSameFile(raised, located).find(({ now, place }) =>
    now !== undefined && now >= startOf(finding) - besides && now <= finding.line + besides &&
    !code.some((line) => isSameLine(line, file[now - 1])) && isSameClaim(finding, place, nearOverlap)
  )
}

/** A prior finding with the same fingerprint that has no place: what was raised first is taken to be first in the file. */
const withoutPlace = (raised: ReadonlyArray<PriorFinding>, located: LocatedFinding): PriorFinding | undefined => {
  const { finding: { line }, fingerprint, source: { code, file } } = located
  const known = raised.filter((one) => one.fingerprint === fingerprint)
  const placed = inSameFile(known, located)
  const free = placesOf(file, code).filter((end) => !placed.some(({ now }) => now === end))
  const unplaced = known.filter((one) => !placed.some(({ now, place }) => now !== undefined && place === one.place))
  return unplaced[Math.max(0, free.indexOf(line))]
}

/**
 * Finds for each finding of a review the prior one that it repeats. Each prior finding is looked for at its own place
 * first, so that of two findings the one that stands there repeats it.
 */
export const repeatsIn = (
  found: ReadonlyArray<LocatedFinding>,
  { changed, raised }: RepeatContext
): ReadonlyArray<PriorFinding | undefined> => {
  const exact = found.map((one) => atItsPlace(raised, one) ?? withoutPlace(raised, one))
  if (changed === undefined) return exact
  const free = raised.filter((one) => one.dismissed !== true && !exact.includes(one))
  return found.map((one, at) => exact[at] ?? besideItsPlace(free, one, changed))
}
