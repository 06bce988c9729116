/** The steps of a review, which tell its transcript what became of each claim. */
import { type ClaimFate, Transcript, TranscriptEvent } from "@nominal-code/domain/model/Transcript"
import { oneLine } from "@nominal-code/domain/text/OneLine"
import { Effect, Ref } from "effect"
import type { ReportedFinding } from "./answer/ReviewOutput.ts"
import type { FingerprintedFinding } from "./judgement/Anchor.ts"
import { ReviewSteps } from "./ReviewSteps.ts"

const longestClaim = 400

/** Bodies by the fate of their claims. A body that the pipeline has added to still begins as it was. */
interface ClaimsByFate {
  readonly checked: ReadonlyArray<string>
  readonly refuted: ReadonlyArray<string>
  readonly posted: ReadonlyArray<string>
  readonly cut: ReadonlyArray<string>
}

const bodies = (findings: ReadonlyArray<{ readonly found: FingerprintedFinding }>) =>
  findings.map(({ found }) => found.finding.body)

const fateOf = ({ body }: ReportedFinding, { checked, cut, posted, refuted }: ClaimsByFate): ClaimFate => {
  const isIn = (texts: ReadonlyArray<string>) => texts.some((text) => text.startsWith(body.trim()))
  if (isIn(posted)) return "posted"
  if (isIn(cut)) return "cut"
  if (isIn(refuted)) return "refuted"
  return isIn(checked) ? "not-posted" : "unproven-or-merged"
}

/** Runs a review whose transcript hears of its claims, when they are selected. */
export const recordClaims = <A, E, R>(review: Effect.Effect<A, E, R>): Effect.Effect<A, E, R> =>
  Effect.gen(function*() {
    const steps = yield* ReviewSteps
    const tell = yield* Transcript
    const claims = yield* Ref.make<ReadonlyArray<ReportedFinding>>([])
    const fates = yield* Ref.make<ClaimsByFate>({ checked: [], refuted: [], posted: [], cut: [] })
    return yield* Effect.provideService(review, ReviewSteps, {
      ...steps,
      check: (findings, context) =>
        Effect.andThen(Ref.set(claims, findings), steps.check(findings, context)).pipe(
          Effect.tap((checked) =>
            Ref.update(fates, (before) => ({ ...before, checked: checked.findings.map(({ body }) => body) }))
          )
        ),
      verify: (found, context) =>
        Effect.tap(steps.verify(found, context), ({ verdicts }) =>
          Ref.update(fates, (before) => ({
            ...before,
            refuted: [...verdicts].flatMap(([{ finding }, { _tag }]) => _tag === "Refuted" ? [finding.body] : [])
          }))),
      select: (judged, context) =>
        Effect.tap(steps.select(judged, context), ({ cut, posted }) =>
          Effect.gen(function*() {
            const all = { ...yield* Ref.get(fates), cut: bodies(cut), posted: bodies(posted) }
            for (const claim of yield* Ref.get(claims)) {
              yield* tell(TranscriptEvent.cases.Claimed.make({
                path: claim.path,
                line: claim.line,
                claim: oneLine(claim.body, longestClaim),
                fate: fateOf(claim, all)
              }))
            }
          }))
    })
  })
