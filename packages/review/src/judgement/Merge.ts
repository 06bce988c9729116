import { claimWords, Confidence, Severity } from "@nominal-code/domain/review/Finding"
import { Effect, Option } from "effect"
import type { ReportedFinding } from "../answer/ReviewOutput.ts"
import type { SourceFiles } from "../context/SourceFiles.ts"
import { overlap } from "../ledger/PriorFindings.ts"

/** Distance in lines within which two claims may be one. */
const nearby = 5

/** Shares of equal words from which two claims are one: with the same names, on the same lines, and elsewhere. */
const leastOverlap = 1 / 4
const someOverlap = 0.4
const muchOverlap = 0.6

/** Number of equal words without which they say nothing by themselves. */
const enoughWords = 4

const namesIn = (text: string): ReadonlyArray<string> => text.match(/[\p{L}_$][\p{L}\p{N}_$]*/gu) ?? []

/** Names of code that a finding uses, the symbol that it is about among them. */
const namesOf = ({ body, symbol = "" }: ReportedFinding): ReadonlySet<string> =>
  new Set([...body.matchAll(/`([^`\n]+)`/g)].flatMap(([, code = ""]) => namesIn(code)).concat(namesIn(symbol)))

/** A finding with what it is compared by. */
interface ComparedFinding {
  readonly finding: ReportedFinding
  /** Its file, as the repository spells it. */
  readonly path: string
  readonly names: ReadonlySet<string>
  readonly words: ReadonlyArray<string>
  /** The code of its lines. */
  readonly code: string
}

const startOf = ({ line, startLine = line }: ReportedFinding): number => startLine

const gapBetween = (a: ReportedFinding, b: ReportedFinding): number =>
  Math.max(startOf(a) - b.line, startOf(b) - a.line, 0)

const isSame = (a: ReadonlySet<string>, b: ReadonlySet<string>): boolean =>
  a.size > 0 && a.symmetricDifference(b).size === 0

const hasSameSymbol = ({ symbol: a = "" }: ReportedFinding, { symbol: b = "" }: ReportedFinding): boolean =>
  a !== "" && isSame(new Set(namesIn(a)), new Set(namesIn(b)))

/** True if the code of two findings may have one mistake twice: the names that both speak of stand in both, or nobody knows. */
const isTwice = (a: ComparedFinding, b: ComparedFinding): boolean => {
  const [one, other] = [new Set(namesIn(a.code)), new Set(namesIn(b.code))]
  const shared = a.names.intersection(b.names)
  return shared.size === 0
    ? one.size === 0 || other.size === 0 || isSame(one, other)
    : [...shared].some((name) => one.has(name) && other.has(name))
}

/**
 * True if two findings claim one defect. On one line that is the same symbol or much the same words; a few lines apart
 * it is both, unless the code there is alike: then it is the same mistake made twice.
 */
const isOneClaim = (a: ComparedFinding, b: ComparedFinding): boolean => {
  const gap = gapBetween(a.finding, b.finding)
  if (a.path !== b.path || a.finding.side !== b.finding.side || gap > nearby) return false
  if (gap > 0 && isTwice(a, b)) return false
  const isOfOneKind = a.finding.category === b.finding.category
  const words = overlap(a.words, b.words)
  if (isOfOneKind && (hasSameSymbol(a.finding, b.finding) || isSame(a.names, b.names))) {
    return a.finding.line === b.finding.line || words >= leastOverlap
  }
  return words >= (isOfOneKind && gap === 0 ? someOverlap : muchOverlap) &&
    words * Math.min(a.words.length, b.words.length) >= enoughWords
}

/** Order of two wordings of one claim, the better one first. */
const better = (a: ReportedFinding, b: ReportedFinding): number =>
  (b.evidence?.length ?? 0) - (a.evidence?.length ?? 0) ||
  Confidence.literals.indexOf(a.confidence) - Confidence.literals.indexOf(b.confidence) ||
  Severity.literals.indexOf(a.severity) - Severity.literals.indexOf(b.severity)

/** Merges the findings that claim one defect: the best wording of each stays, at its own place. */
export const mergeClaims = Effect.fn("Merge.mergeClaims")(
  function*(findings: ReadonlyArray<ReportedFinding>, sources: SourceFiles) {
    const compared = yield* Effect.forEach(findings, (finding) =>
      Effect.gen(function*() {
        const { body, line, side } = finding
        const meant = yield* sources.meant(side, finding.path)
        const path = meant._tag === "One" ? meant.path : finding.path
        const file = Option.getOrElse(yield* sources.lines(side, path), (): ReadonlyArray<string> => [])
        const code = file.slice(startOf(finding) - 1, line).join("\n")
        return { finding, path, names: namesOf(finding), words: claimWords(body), code } satisfies ComparedFinding
      }))
    const claims: Array<Array<ComparedFinding>> = []
    for (const one of compared) {
      const known = claims.find(([first]) => first !== undefined && isOneClaim(one, first))
      if (known === undefined) claims.push([one])
      else known.push(one)
    }
    return claims.flatMap((wordings) => wordings.map(({ finding }) => finding).toSorted(better).slice(0, 1))
  }
)
