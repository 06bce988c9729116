/** Reviews of the cases of a suite: the usual review of changes on this disk, whose findings are kept as they are posted. */
import * as ApiAgent from "@nominal-code/agent/ApiAgent"
import type { ReviewSettings } from "@nominal-code/domain/settings/ReviewSettings"
import type { CaseChanges } from "@nominal-code/eval/CaseRepository"
import type { CaseReview } from "@nominal-code/eval/Evaluate"
import type { EvalFinding } from "@nominal-code/eval/Measured"
import { scripted, serviceOf } from "@nominal-code/eval/ScriptedModel"
import type { EvalCase } from "@nominal-code/eval/Suite"
import { LlmProviders } from "@nominal-code/llm/LlmProviders"
import type { JudgedFinding, Selection } from "@nominal-code/review/judgement/Select"
import { ReviewSteps } from "@nominal-code/review/ReviewSteps"
import { Effect, Layer, Option, Ref } from "effect"
import { reviewResolved } from "../ReviewChanges.ts"

const findingOf = ({ found: { finding }, isInline }: JudgedFinding): EvalFinding => {
  const { body, confidence, line, path, severity, startLine } = finding
  return {
    body,
    path,
    line,
    ...(startLine === undefined ? {} : { startLine }),
    severity,
    confidence,
    ...(isInline ? {} : { folded: true })
  }
}

/** Reviews changes, and answers with the findings that a pull request would get, those in the summary among them. */
const findingsOf = Effect.fnUntraced(function*(changes: CaseChanges, settings: ReviewSettings) {
  const steps = yield* ReviewSteps
  const selected = yield* Ref.make<Selection>({ posted: [], cut: [] })
  const { usage } = yield* reviewResolved(changes, changes.resolved, Option.some(settings)).pipe(
    Effect.provideService(ReviewSteps, {
      ...steps,
      select: (...input) => Effect.tap(steps.select(...input), (selection) => Ref.set(selected, selection))
    })
  )
  const { cut, posted } = yield* Ref.get(selected)
  const review: CaseReview = { findings: posted.map(findingOf), cut: cut.length, usage }
  return review
})

/** Reviews a case with the configured model. A case may use so many dollars. */
export const live = (settings: ReviewSettings) => (_one: EvalCase, changes: CaseChanges, dollars: number) =>
  findingsOf(changes, { ...settings, ...(dollars === Infinity ? {} : { maxCostUsd: dollars }) })

/** Settings of a review by a script, whose calls cost nothing. */
const scriptedSettings = (settings: ReviewSettings): ReviewSettings => {
  const { explorers: _explorers, limits: _limits, maxCostUsd: _most, verifier: _verifier, ...review } = settings
  return { ...review, reviewer: { provider: scripted, model: scripted, maxTurns: 8 } }
}

/** The agent whose model is the script of a case. */
const scriptedAgent = (one: EvalCase) =>
  Layer.provide(
    ApiAgent.layer,
    Layer.succeed(LlmProviders, { names: [scripted], of: () => Effect.succeed(serviceOf(one)) })
  )

/** Reviews a case with its script as the model. */
export const ofScript = (settings: ReviewSettings) => (one: EvalCase, changes: CaseChanges) =>
  Effect.provide(findingsOf(changes, scriptedSettings(settings)), scriptedAgent(one))
