import { portionsOf } from "@nominal-code/review/context/DiffBudget"
import { coverageOf } from "@nominal-code/review/posted/Receipt"
import { ReviewConfig } from "@nominal-code/review/ReviewConfig"
import { ReviewSteps } from "@nominal-code/review/ReviewSteps"
import { Effect, Option, Ref } from "effect"
import type { ReviewProgress } from "./ReviewProgress.ts"
import type { ReviewReport } from "./ReviewReport.ts"

/** Part of a report that the steps of the review bring to light. */
export type ObservedParts = Pick<ReviewReport, "severities" | "files" | "coverage">

/** The usual steps of a review, which report their progress and keep the parts of the report. */
const observed = (steps: ReviewSteps, progress: ReviewProgress, seen: Ref.Ref<ObservedParts>): ReviewSteps => ({
  ...steps,
  gather: (...input) => Effect.andThen(progress.step("Reading the changes"), steps.gather(...input)),
  plan: steps.plan,
  evidence: steps.evidence,
  ask: (...input) =>
    Effect.andThen(progress.step("Reviewing", "the model"), steps.ask(...input)).pipe(
      Effect.tap(({ diffs, result }) => {
        const [, , { plan, shown }] = input
        const coverage = coverageOf({
          plan,
          portions: portionsOf(plan.files),
          shown: [...shown, ...diffs?.shown ?? []],
          why: result.limit === undefined ? "too-large" : "ended-early"
        })
        return Ref.update(seen, (before) => ({ ...before, coverage }))
      })
    ),
  recover: (...input) =>
    Effect.tap(steps.recover(...input), ({ answer }) =>
      Ref.update(seen, (before) => ({
        ...before,
        severities: Option.match(answer, {
          onNone: () => [],
          onSome: ({ findings, unplaced }) => [...findings, ...unplaced].map(({ severity }) => severity)
        })
      }))),
  verify: (found, context) =>
    Effect.gen(function*() {
      const { settings } = yield* ReviewConfig
      if (settings.verify && found.length > 0) yield* progress.step("Verifying", "the model")
      return yield* steps.verify(found, context)
    }),
  place: (findings, context) =>
    steps.place(findings, context).pipe(
      Effect.tap(({ inline }) =>
        Effect.forEach(inline, ({ finding: { path, side } }) =>
          context.checkout.lines(side, path).pipe(
            Effect.option,
            Effect.flatMap((lines) =>
              Ref.update(seen, ({ files, ...before }) => ({
                ...before,
                files: new Map([...files, [`${side} ${path}`, Option.getOrElse(Option.flatten(lines), () => [])]])
              }))
            )
          ), { concurrency: 1, discard: true })
      )
    )
})

/** Runs a review whose steps are told to `progress`, and answers with what its report shows of them, too. */
export const observeSteps = Effect.fnUntraced(
  function*<A, E, R>(review: Effect.Effect<A, E, R>, progress: ReviewProgress) {
    const seen = yield* Ref.make<ObservedParts>({ severities: [], files: new Map(), coverage: [] })
    const steps = yield* ReviewSteps
    const reviewed = yield* review.pipe(
      Effect.provideService(ReviewSteps, observed(steps, progress, seen)),
      progress.listen
    )
    yield* progress.finish
    return { ...reviewed, ...yield* Ref.get(seen) }
  }
)
