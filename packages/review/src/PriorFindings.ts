/** Findings that our own comments have raised already, and the test if a finding repeats one. */
import { claimWords, type Finding, type Fingerprint } from "@nominal-code/domain/Finding"
import { parsePatch } from "@nominal-code/domain/Hunk"
import { markersIn } from "@nominal-code/domain/Marker"
import type { Side } from "@nominal-code/domain/Patch"
import type { Discussion } from "@nominal-code/domain/Review"

/** A finding that is on the pull request already. One that was folded into a summary has no place. */
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
  /** Lines of its side up to its own, as they were. */
  readonly code: ReadonlyArray<string>
  readonly category: string
  readonly words: ReadonlyArray<string>
}

const heading = /^.*· ([\w-]+) · \w+ confidence$/m

const placeOf = ({ body, diffHunk = "", line, originalLine, path }: Discussion): PriorPlace | undefined => {
  if (path === undefined) return undefined
  const lines = parsePatch(diffHunk).flatMap((hunk) => hunk.lines)
  const side = lines.at(-1)?.kind === "deleted" ? "LEFT" : "RIGHT"
  const [head = "", category = ""] = heading.exec(body) ?? []
  return {
    path,
    side,
    line,
    originalLine,
    code: lines.filter(({ kind }) => kind !== (side === "LEFT" ? "added" : "deleted")).map(({ text }) => text),
    category,
    words: claimWords(body.slice(body.indexOf(head) + head.length).replaceAll(/<!--[^]*?-->/g, ""))
  }
}

/**
 * Reads the findings that are on the pull request already. `ours`: comments of our own bot, because anybody can copy a
 * marker.
 */
export const priorFindings = (ours: ReadonlyArray<Discussion>): ReadonlyArray<PriorFinding> => {
  const dismissed = new Set(ours.flatMap(({ body }) => markersIn(body).flatMap(({ dismissed }) => dismissed ?? [])))
  const raised = ours.flatMap((discussion) => {
    const place = placeOf(discussion)
    return markersIn(discussion.body).flatMap(({ fingerprint }) =>
      fingerprint === undefined ? [] : [{
        fingerprint,
        dismissed: dismissed.has(fingerprint),
        ...(place === undefined ? {} : { place })
      }]
    )
  })
  // A finding whose comment was deleted stays dismissed by the answer that remains.
  const deleted = dismissed.difference(new Set(raised.map(({ fingerprint }) => fingerprint)))
  return [...raised, ...Array.from(deleted, (fingerprint) => ({ fingerprint, dismissed: true }))]
}

const isSameLine = (a: string | undefined, b: string | undefined) => a !== undefined && a.trim() === b?.trim()

/** Number of equal lines up to a place and up to the commented line. */
const likeness = (file: ReadonlyArray<string>, line: number, code: ReadonlyArray<string>): number => {
  let same = 0
  while (same < code.length && isSameLine(file[line - 1 - same], code.at(-1 - same))) same++
  return same
}

/** Present line of a comment: under the same lines as before, else nearest to its old line. */
const lineNow = ({ code, line, originalLine = 0 }: PriorPlace, file: ReadonlyArray<string>): number | undefined => {
  if (line !== undefined) return line
  const own = code.at(-1)
  const candidates = file.flatMap((text, at) => isSameLine(own, text) ? [at + 1] : [])
  const ranked = candidates.toSorted((a, b) =>
    likeness(file, b, code) - likeness(file, a, code) || Math.abs(a - originalLine) - Math.abs(b - originalLine)
  )
  return ranked[0]
}

/** Share of the shorter claim's words that are in the other claim. */
const overlap = (a: ReadonlyArray<string>, b: ReadonlyArray<string>): number => {
  const shorter = Math.min(a.length, b.length)
  return shorter === 0 ? 0 : a.filter((word) => b.includes(word)).length / shorter
}

const enoughOverlap = 1 / 3
const muchOverlap = 0.6

const saysTheSame = (finding: Finding, { category, words }: PriorPlace): boolean => {
  const shared = overlap(claimWords(finding.body), words)
  return shared >= (category === finding.category ? enoughOverlap : muchOverlap)
}

/** Places of a piece of code in a file, by its last line's number. */
const placesOf = (file: ReadonlyArray<string>, code: ReadonlyArray<string>): ReadonlyArray<number> =>
  code.length === 0 ? [] : file.flatMap((_, at) => likeness(file, at + 1, code) === code.length ? [at + 1] : [])

/** Distance in lines within which a dismissed finding is known again after its code has changed. */
const nearby = 10

const isNear = ({ originalLine }: PriorPlace, startLine: number, line: number): boolean =>
  originalLine !== undefined && originalLine >= startLine - nearby && originalLine <= line + nearby

/** Source code of a finding: its file on its side, and the text of its lines. */
export interface FindingSource {
  readonly file: ReadonlyArray<string>
  readonly code: ReadonlyArray<string>
}

/**
 * Makes the test if a finding repeats a prior one. A prior finding is followed to its present line and counts for that
 * line only, where other words for it are a repetition too. A dismissed one whose code has changed counts around its old
 * line. The same defect at another place is new.
 */
export const isRepeatOf =
  (raised: ReadonlyArray<PriorFinding>) =>
  (finding: Finding, fingerprint: Fingerprint, { code, file }: FindingSource): boolean => {
    const { line, path, side, startLine = line } = finding
    const placed = raised.flatMap((one) => {
      const { place } = one
      if (place === undefined || place.path !== path || place.side !== side) return []
      return [{ ...one, place, now: lineNow(place, file) }]
    })
    const isHere = (now: number | undefined) => now !== undefined && now >= startLine && now <= line
    if (
      placed.some(({ dismissed = false, fingerprint: known, now, place }) =>
        (isHere(now) || dismissed && now === undefined && isNear(place, startLine, line)) &&
        (known === fingerprint || saysTheSame(finding, place))
      )
    ) return true
    const known = raised.filter((one) => one.fingerprint === fingerprint)
    // Without a place, what was raised first is taken to be what comes first in the file.
    const others = placed.filter((one) => one.fingerprint === fingerprint)
    const free = placesOf(file, code).filter((end) => !others.some(({ now }) => now === end))
    const unplaced = known.length - others.filter(({ now }) => now !== undefined).length
    const at = free.indexOf(line)
    return unplaced > Math.max(0, at)
  }
