import type { SpendLimit } from "@nominal-code/domain/model/SpendLimits"
import { Usage } from "@nominal-code/domain/model/Usage"
import { claudeCode, type ModelRef } from "@nominal-code/domain/settings/ReviewSettings"
import { estimate } from "@nominal-code/llm/CallEstimate"
import { pricesWith } from "@nominal-code/llm/Pricing"
import type { StoreError } from "@nominal-code/persistence/StoreError"
import { Effect, Option } from "effect"
import { least as leastOfClaudeCode } from "./claude/Spending.ts"
import type { SpendScope } from "./SpendScope.ts"

/** Smallest call that a review makes, in bytes of its prompt and tokens of its answer. */
const smallest = { previous: Usage.none, newBytes: 6_000, maxOutputTokens: 1_000 }

/** Nanodollars below which a model is not called; 0 where its price is not known, so that no limit bounds it. */
const leastOf = ({ accounts, prices }: SpendScope, { model, provider }: ModelRef): number => {
  if (provider === claudeCode) {
    return Math.min(leastOfClaudeCode, ...accounts.flatMap(({ limit }) => limit === undefined ? [] : [limit]))
  }
  return Option.match(pricesWith(prices).priceOf(model), {
    onNone: () => 0,
    onSome: (price) => {
      const { leastOutput, outputToken, prompt } = estimate(price, smallest)
      return prompt + leastOutput * outputToken
    }
  })
}

/** Limit of a scope that leaves too little for the smallest call of any of these models; none: a call can be tried. */
export const limitReached = (
  scope: SpendScope,
  models: ReadonlyArray<ModelRef>
): Effect.Effect<Option.Option<SpendLimit>, StoreError> =>
  Effect.map(
    scope.ledger.exhausted(scope.accounts, Math.min(...models.map((model) => leastOf(scope, model)))),
    Option.map(({ kind }) => kind)
  )
