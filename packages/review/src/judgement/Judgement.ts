/** Steps from the findings that a model hands in to those that are posted: check, place, verify, select. */
import type { UsageSummary } from "@nominal-code/domain/model/Usage"
import { Finding } from "@nominal-code/domain/review/Finding"
import { oneLine } from "@nominal-code/domain/text/OneLine"
import { Effect } from "effect"
import type { ReportedFinding } from "../answer/ReviewOutput.ts"
import type { ReviewContext } from "../context/ReviewContext.ts"
import { type LedgerFinding, raisedOf } from "../ledger/Ledger.ts"
import { ReviewConfig } from "../ReviewConfig.ts"
import { ReviewSteps } from "../ReviewSteps.ts"
import type { AnchoredFindings, FingerprintedFinding } from "./Anchor.ts"
import { byWeight, type JudgedFinding, makeIsReported } from "./Select.ts"
import type { Verdict } from "./Verdict.ts"

/** Numbers of a review's findings by what became of them, and its turns. */
export interface ReviewTally {
  /** Number of findings that the model handed in. */
  readonly claims: number
  readonly merged: number
  readonly unproven: number
  readonly repeated: number
  readonly refuted: number
  /** Number of those that the verifier could not tell, and that are not grave enough to be posted all the same. */
  readonly uncertain: number
  /** Number of those that were to be verified, and are posted without a verdict. */
  readonly unverified: number
  /** Number of those below the severity that is reported. */
  readonly minor: number
  readonly cut: number
  readonly posted: number
  /** Turns of the finder and the verifier. */
  readonly turns: number
}

/** The findings of a review, as they are posted. */
export interface Judgement {
  readonly inline: ReadonlyArray<FingerprintedFinding>
  /** Findings for the summary, because their lines are not in the diff. */
  readonly folded: ReadonlyArray<FingerprintedFinding>
  /** Findings that are worth a line in the summary only. */
  readonly cut: ReadonlyArray<FingerprintedFinding>
  readonly repeated: AnchoredFindings["repeated"]
  readonly tally: Omit<ReviewTally, "posted">
  /** Usage of the verifier; absent if no model was asked. */
  readonly usage?: UsageSummary
}

const isGrave = ({ severity }: Finding): boolean => severity === "critical" || severity === "high"

/** True for a finding that a verdict lets pass: what is refuted is not posted, and of what nobody can tell only the grave. */
const passes = ({ found, verdict }: JudgedFinding): boolean =>
  verdict?._tag === "Uncertain" ? isGrave(found.finding) : verdict?._tag !== "Refuted"

const confidenceAfter = { Confirmed: "high", Uncertain: "low", Refuted: "low" } as const

/** A finding after its verdict: it says how sure we are by now, and on what it depends. */
const after = (found: FingerprintedFinding, verdict: Verdict | undefined): FingerprintedFinding => {
  if (verdict === undefined) return found
  const { finding } = found
  const depends = verdict._tag === "Uncertain" && verdict.dependsOn !== ""
    ? `\n\nThis depends on: ${oneLine(verdict.dependsOn, 400)}`
    : ""
  return {
    ...found,
    finding: new Finding({ ...finding, body: `${finding.body}${depends}`, confidence: confidenceAfter[verdict._tag] })
  }
}

/** Takes the findings of an answer through the steps of the pipeline. */
export const judge = Effect.fn("Judgement.judge")(
  function*(findings: ReadonlyArray<ReportedFinding>, context: ReviewContext, ledger: ReadonlyArray<LedgerFinding>) {
    const { settings } = yield* ReviewConfig
    const steps = yield* ReviewSteps
    const { checkout, files, since } = context
    const checked = yield* steps.check(findings, context)
    const raised = raisedOf(ledger)
    const placed = yield* steps.place(checked.findings, { checkout, files, raised, changed: since?.files })
    const found = [...placed.inline, ...placed.folded]
    const reported = found.filter(makeIsReported(settings))
      .map((found): JudgedFinding => ({ found, isInline: placed.inline.includes(found) }))
    const weightiest = reported.toSorted(byWeight).map(({ found }) => found)
    const { turns, usage, verdicts, wanted } = yield* steps.verify(weightiest, context)
    const judged = reported.map(({ found, isInline }): JudgedFinding => {
      const verdict = verdicts.get(found)
      return { found: after(found, verdict), isInline, verdict }
    })
    const passed = judged.filter(passes)
    const { cut, posted } = yield* steps.select(passed, { settings, files })
    const refuted = judged.filter(({ verdict }) => verdict?._tag === "Refuted").length
    const judgement: Judgement = {
      inline: posted.filter(({ isInline }) => isInline).map(({ found }) => found),
      folded: posted.filter(({ isInline }) => !isInline).map(({ found }) => found),
      cut: cut.map(({ found }) => found),
      repeated: placed.repeated,
      tally: {
        claims: findings.length,
        merged: checked.merged,
        unproven: checked.unproven,
        repeated: placed.repeated.length,
        refuted,
        uncertain: judged.length - passed.length - refuted,
        unverified: wanted ? [...posted, ...cut].filter(({ verdict }) => verdict === undefined).length : 0,
        minor: found.length - reported.length,
        cut: cut.length,
        turns
      },
      ...(usage === undefined ? {} : { usage })
    }
    return judgement
  }
)
