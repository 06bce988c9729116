/** Reviews of the cases of a suite: the usual review of changes on this disk, whose findings are kept as they are posted. */
import * as ApiAgent from "@nominal-code/agent/ApiAgent"
import { AppConfig } from "@nominal-code/config/AppConfig"
import type { CaseChanges } from "@nominal-code/eval/CaseRepository"
import type { CaseReview } from "@nominal-code/eval/Evaluate"
import type { EvalFinding } from "@nominal-code/eval/Measured"
import { scripted, serviceOf } from "@nominal-code/eval/ScriptedModel"
import type { EvalCase } from "@nominal-code/eval/Suite"
import { LlmProviders } from "@nominal-code/llm/LlmProviders"
import { ReviewSteps } from "@nominal-code/review/ReviewSteps"
import type { JudgedFinding, Selection } from "@nominal-code/review/Select"
import { Effect, Layer, Ref } from "effect"
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
const findingsOf = Effect.fnUntraced(function*(changes: CaseChanges) {
  const steps = yield* ReviewSteps
  const selected = yield* Ref.make<Selection>({ posted: [], cut: [] })
  const { usage } = yield* reviewResolved(changes, changes.resolved).pipe(
    Effect.provideService(ReviewSteps, {
      ...steps,
      select: (...input) => Effect.tap(steps.select(...input), (selection) => Ref.set(selected, selection))
    })
  )
  const { cut, posted } = yield* Ref.get(selected)
  const review: CaseReview = { findings: posted.map(findingOf), cut: cut.length, usage }
  return review
})

/** The configuration of a review that may use so many dollars. */
const costing = (dollars: number) =>
  Effect.map(AppConfig, (config): AppConfig["Service"] => ({
    ...config,
    review: { ...config.review, ...(dollars === Infinity ? {} : { maxCostUsd: dollars }) }
  }))

/** Reviews a case with the configured model. */
export const live = (_one: EvalCase, changes: CaseChanges, dollars: number) =>
  Effect.provideServiceEffect(findingsOf(changes), AppConfig, costing(dollars))

/** The configuration of a review by a script, whose calls cost nothing. */
const scriptedConfig = Effect.map(AppConfig, (config): AppConfig["Service"] => {
  const { explorers: _explorers, limits: _limits, maxCostUsd: _most, verifier: _verifier, ...review } = config.review
  return { ...config, review: { ...review, reviewer: { provider: scripted, model: scripted, maxTurns: 8 } } }
})

/** The agent whose model is the script of a case. */
const scriptedAgent = (one: EvalCase) =>
  Layer.provide(
    ApiAgent.layer,
    Layer.succeed(LlmProviders, { names: [scripted], of: () => Effect.succeed(serviceOf(one)) })
  )

/** Reviews a case with its script as the model. */
export const ofScript = (one: EvalCase, changes: CaseChanges) =>
  findingsOf(changes).pipe(
    Effect.provideServiceEffect(AppConfig, scriptedConfig),
    Effect.provide(scriptedAgent(one))
  )
