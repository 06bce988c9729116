/** Check of what a finder claims, without a model: its quotes stand in the code, and one defect is claimed once. */
import type { ChangedFile, Side } from "@nominal-code/domain/diff/Patch"
import type { Checkout } from "@nominal-code/workspace/Workspace"
import { Effect, Option, Struct } from "effect"
import type { Evidence } from "../answer/Claim.ts"
import { placesOfQuote, quotedLines, type QuotePlace } from "../answer/Quote.ts"
import type { ReportedFinding } from "../answer/ReviewOutput.ts"
import { makeSourceFiles, type SourceFiles } from "../context/SourceFiles.ts"
import { mergeClaims } from "./Merge.ts"

/** Code that claims are checked against: the head, and the base that it is compared with. */
export interface CheckContext {
  readonly checkout: Checkout
  readonly files: ReadonlyArray<ChangedFile>
}

/** Findings whose claims hold as far as can be told without a model. */
export interface CheckedFindings {
  /** Their evidence is what stands in the code, by its true lines. One that came with none is kept without. */
  readonly findings: ReadonlyArray<ReportedFinding>
  /** Number of findings that came with quotes of which none stands in the code. */
  readonly unproven: number
  /** Number of findings that said what another one says. */
  readonly merged: number
}

/** Distance in lines within which a quote counts as found where it says. */
const nearby = 10

/** Number of faults that are sent back at once. */
const mostFaults = 20

const distance = ({ first, last }: QuotePlace, line: number): number => Math.max(first - line, line - last, 0)

/** Place of a quote: the nearest one to its line, or the only one of its file. */
const placeIn = (file: ReadonlyArray<string>, { line, quote }: Evidence): QuotePlace | undefined => {
  const places = placesOfQuote(file, quotedLines(quote))
  const [nearest] = places.toSorted((a, b) => distance(a, line) - distance(b, line))
  return nearest !== undefined && (places.length === 1 || distance(nearest, line) <= nearby) ? nearest : undefined
}

/** Evidence that was found in the code, and the lines by which its number was off. */
interface LocatedEvidence {
  readonly evidence: Evidence & { readonly side: Side }
  readonly shift: number
}

/** Makes the search for the place of a quote, at the head and at the base. */
export const makeEvidenceSearch = (sources: SourceFiles, files: ReadonlyArray<ChangedFile>) => {
  const nameOn = (side: Side, path: string) =>
    side === "LEFT" ? files.find((file) => file.path === path)?.previousPath ?? path : path

  /** Looks for a quote at the head and at the base, first on the side of its finding. */
  return Effect.fnUntraced(function*(evidence: Evidence, first: Side) {
    for (const side of first === "LEFT" ? ["LEFT", "RIGHT"] as const : ["RIGHT", "LEFT"] as const) {
      const meant = yield* sources.meant(side, evidence.path)
      const path = meant._tag === "One" ? meant.path : evidence.path
      const file = yield* sources.lines(side, nameOn(side, path))
      const place = Option.isSome(file) ? placeIn(file.value, evidence) : undefined
      if (place === undefined) continue
      const isWithin = distance(place, evidence.line) === 0
      const located: LocatedEvidence = {
        evidence: { ...evidence, path, line: place.first, side },
        shift: isWithin ? 0 : place.first - evidence.line
      }
      return Option.some(located)
    }
    return Option.none<LocatedEvidence>()
  })
}

const noEvidence = "quote the code that proves it, word for word, with its path and line"

/** Makes the search for the faults of a review's evidence. Each is a sentence to the model that handed it in. */
export const makeFaults = Effect.fnUntraced(function*(context: CheckContext) {
  const sources = yield* makeSourceFiles(context)
  const search = makeEvidenceSearch(sources, context.files)
  return Effect.fnUntraced(function*(findings: ReadonlyArray<ReportedFinding>) {
    const faults = yield* Effect.forEach(findings, ({ evidence = [], side }, at) =>
      evidence.length === 0
        ? Effect.succeed([`comments[${at}].evidence: ${noEvidence}`])
        : Effect.map(
          Effect.forEach(evidence, (one) => search(one, side)),
          (found) =>
            found.flatMap((located, index) => {
              const { line, path } = evidence[index] ?? { path: "", line: 0 }
              return Option.isSome(located) ? [] : [
                `comments[${at}].evidence[${index}]: this quote does not stand at ${path}:${line}, neither at the head nor ` +
                "at the base. Look it up; leave the comment out if it does not hold"
              ]
            })
        ))
    return faults.flat().slice(0, mostFaults)
  })
})

/** Moves a finding by as much as the quote of its own lines was off. */
const moved = (finding: ReportedFinding, given: ReadonlyArray<Evidence>, located: ReadonlyArray<LocatedEvidence>) => {
  const { line, side, startLine = line } = finding
  const own = located.find(({ evidence, shift }) => {
    const written = evidence.line - shift
    return shift !== 0 && Math.abs(shift) <= nearby && evidence.side === side && written >= startLine &&
      written <= line &&
      given.some((one) => one.quote === evidence.quote && one.path === finding.path)
  })
  if (own === undefined || startLine + own.shift < 1) return finding
  return {
    ...finding,
    line: line + own.shift,
    ...(finding.startLine === undefined ? {} : { startLine: startLine + own.shift })
  }
}

const withEvidence = (finding: ReportedFinding, evidence: ReadonlyArray<Evidence>): ReportedFinding => ({
  ...Struct.omit(finding, ["evidence"]),
  ...(evidence.length === 0 ? {} : { evidence })
})

/**
 * Checks the findings of a review. A quote that stands a few lines away, or in one place only, is corrected. A finding
 * stands on those of its quotes that are there; one with none left is dropped. One that came without any is kept: its
 * model may not know how to quote, and the verifier sees its lines all the same.
 */
export const check = Effect.fn("Check.check")(
  function*(findings: ReadonlyArray<ReportedFinding>, context: CheckContext) {
    const sources = yield* makeSourceFiles(context)
    const search = makeEvidenceSearch(sources, context.files)
    const kept = yield* Effect.forEach(findings, (finding) => {
      const { evidence = [], side } = finding
      return Effect.map(Effect.forEach(evidence, (one) => search(one, side)), (found) => {
        const proven = found.flatMap(Option.toArray)
        return evidence.length > 0 && proven.length === 0
          ? []
          : [withEvidence(moved(finding, evidence, proven), proven.map((one) => one.evidence))]
      })
    })
    const proven = kept.flat()
    const merged = yield* mergeClaims(proven, sources)
    const checked: CheckedFindings = {
      findings: merged,
      unproven: findings.length - proven.length,
      merged: proven.length - merged.length
    }
    return checked
  }
)
