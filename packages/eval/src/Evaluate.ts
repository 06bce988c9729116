/** A run over the cases of a suite, within its dollars and at its concurrency. */
import type { UsageSummary } from "@nominal-code/domain/model/Usage"
import { Clock, Effect, Option } from "effect"
import * as CaseRepository from "./CaseRepository.ts"
import type { Judge } from "./Judge.ts"
import { matched } from "./Matching.ts"
import type { CaseResult, EvalFinding, EvalResult } from "./Measured.ts"
import * as RunBudget from "./RunBudget.ts"
import { metricsOf } from "./Score.ts"
import type { EvalCase, Suite } from "./Suite.ts"

/** Result of a review. */
export interface CaseReview {
  readonly findings: ReadonlyArray<EvalFinding>
  readonly cut: number
  readonly usage: Option.Option<UsageSummary>
}

/** A run over a suite. */
export interface Evaluation<E, R> {
  readonly suite: Suite
  /** Name of the model, or of the tool. */
  readonly reviewer: string
  readonly judge: Judge
  readonly concurrency: number
  /** Dollars of the whole run; `Infinity`: no limit. */
  readonly maxUsd: number
  /** Dollars of one review; `Infinity`: no limit. */
  readonly maxUsdOfCase: number
  /** Reviews a case, for so many dollars at most. */
  review(one: EvalCase, dollars: number): Effect.Effect<CaseReview, E, R>
  /** Called for each case at its end. */
  onCase(result: CaseResult): Effect.Effect<void>
}

/** A case that has not run. */
const fresh = (
  { fixedLater, goldens, language, name, title, url }: EvalCase,
  state: CaseResult["state"]
): CaseResult => ({
  name,
  title,
  url,
  ...(language === undefined ? {} : { language }),
  state,
  goldens,
  fixedLater,
  findings: [],
  cut: 0,
  millis: 0
})

/** Makes the review of a suite's cases out of one that looks at changes on this disk. */
export const makeCaseReview = Effect.fnUntraced(function*<E, R>(
  { cases }: Suite,
  review: (one: EvalCase, changes: CaseRepository.CaseChanges, dollars: number) => Effect.Effect<CaseReview, E, R>
) {
  const repositoryOf = yield* CaseRepository.make(cases)
  return (one: EvalCase, dollars: number) =>
    Effect.scoped(Effect.flatMap(repositoryOf(one), (changes) => review(one, changes, dollars)))
})

const dollarsOf = ({ dollars = 0, judgeDollars = 0 }: CaseResult): number => dollars + judgeDollars

/** Reviews the cases of a suite, and counts what was found. A case that fails is a result, too. */
export const evaluate = Effect.fn("Evaluate.evaluate")(
  function*<E extends { readonly message: string }, R>(run: Evaluation<E, R>) {
    const { concurrency, judge, maxUsd, maxUsdOfCase, onCase, review, reviewer, suite } = run
    const budget = yield* RunBudget.make(maxUsd)
    const started = yield* Clock.currentTimeMillis

    const measured = Effect.fnUntraced(function*(one: EvalCase, dollars: number) {
      const before = yield* Clock.currentTimeMillis
      const { cut, findings, usage } = yield* review(one, dollars)
      const millis = (yield* Clock.currentTimeMillis) - before
      const { dollars: judged, matches } = yield* judge.judge(findings, one)
      const result: CaseResult = {
        ...fresh(one, "Reviewed"),
        findings: matched(findings, matches),
        cut,
        millis,
        ...Option.match(usage, { onNone: () => ({}), onSome: ({ usage }) => ({ usage }) }),
        ...Option.match(Option.flatMapNullishOr(usage, ({ costUsd }) => costUsd), {
          onNone: () => ({}),
          onSome: (dollars) => ({ dollars })
        }),
        ...Option.match(judged, { onNone: () => ({}), onSome: (judgeDollars) => ({ judgeDollars }) })
      }
      return result
    })

    const caseResult = (one: EvalCase) =>
      budget.with(maxUsdOfCase, (dollars) => measured(one, dollars), dollarsOf).pipe(
        Effect.map(Option.getOrElse(() => fresh(one, "NotRun"))),
        Effect.catch(({ message }) => Effect.succeed<CaseResult>({ ...fresh(one, "Failed"), problem: message })),
        Effect.tap(onCase)
      )

    const cases = yield* Effect.forEach(suite.cases, caseResult, { concurrency })
    const seconds = ((yield* Clock.currentTimeMillis) - started) / 1000
    const result: EvalResult = {
      suite: suite.name,
      reviewer,
      judge: judge.name,
      metrics: metricsOf(cases, seconds),
      cases
    }
    return result
  }
)
