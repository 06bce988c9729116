import { ConfigError } from "@nominal-code/config/ConfigError"
import { claudeCode, modelsOf, type ReviewSettings } from "@nominal-code/domain/settings/ReviewSettings"
import { pricesWith } from "@nominal-code/llm/Pricing"
import { Effect, Option } from "effect"

/** Services whose models run on machines of one's own, where nobody sends a bill; and Claude Code, which tells its costs. */
const withoutPrices: ReadonlySet<string> = new Set(["ollama", "vllm", "lmstudio", claudeCode])

/** Settings that the cost of a review depends on. */
export interface PricedSettings {
  readonly costs: { readonly allowUnpriced: boolean }
  readonly review: ReviewSettings
}

/**
 * Refuses a configuration with a limit in dollars and a model without a known price, for which no such limit can hold.
 */
export const checkPrices = Effect.fnUntraced(function*({ costs: { allowUnpriced }, review }: PricedSettings) {
  const { limits = {}, maxCostUsd, prices } = review
  const isLimited = maxCostUsd !== undefined || Object.keys(limits).length > 0
  const { priceOf } = pricesWith(prices)
  const unpriced = modelsOf(review).find(({ model, provider }) =>
    Option.isNone(priceOf(model)) && !withoutPrices.has(provider)
  )
  if (allowUnpriced || !isLimited || unpriced === undefined) return
  const { model } = unpriced
  return yield* new ConfigError({
    problems: [
      `agent.prices (AGENT_PRICES): the price of the model ${model} is not known, so no limit in dollars can hold. Set ` +
      `AGENT_PRICES='{"${model}": {"input": 1, "output": 2}}' to its own prices in dollars per million tokens, or ` +
      "LIMITS_ALLOW_UNPRICED=true (limits.allow_unpriced), or AGENT_MAX_COST_USD=0 (agent.max_cost_usd) for no limit"
    ]
  })
})
