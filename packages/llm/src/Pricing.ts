import type { Usage } from "@nominal-code/domain/Usage"
import { Option } from "effect"
import table from "./pricing.json" with { type: "json" }

/** Prices in US dollars per million tokens. */
export interface Rates {
  readonly input: number
  readonly output: number
  /** Price of cache writes; absent: the same as for input. */
  readonly cacheWrite?: number
  readonly cacheRead?: number
}

/** Rates of a model. Some models have other rates for all tokens of a call with a long prompt. */
export interface Price extends Rates {
  readonly longPrompt?: Rates & { readonly above: number }
}

/**
 * Price table, from the services' lists for their standard tier: Anthropic (docs.claude.com, Pricing; October 2026),
 * OpenAI (developers.openai.com, Pricing; as quoted by several who read it in October and November 2026) and Google
 * (ai.google.dev, Gemini API, Pricing; as quoted in September and October 2026; without the discount on Gemini 3.6 to
 * 3.8 Flash, which ends with 2026). A model that is not in the table has no known cost, and a review by it is bounded
 * by its turns alone.
 */
const prices: ReadonlyMap<string, Price> = new Map(Object.entries(table))

const snapshot = /-(?:\d{8}|\d{4}-\d{2}-\d{2}|latest)$/

/** A model's price, also under the name of one of its dated snapshots. None for a model that we do not know. */
export const priceOf = (model: string): Option.Option<Price> =>
  Option.fromUndefinedOr(prices.get(model) ?? prices.get(model.replace(snapshot, "")))

/** Cost of one call in US dollars. Do not apply it to a sum of calls: long prompts may have other rates. */
export const costOf = (model: string, usage: Usage): Option.Option<number> =>
  Option.map(priceOf(model), (price) => {
    const prompt = usage.input + usage.cacheRead + usage.cacheWrite
    const { cacheRead, cacheWrite, input, output } = ratesFor(price, prompt)
    return (usage.input * input +
      usage.output * output +
      usage.cacheRead * (cacheRead ?? input) +
      usage.cacheWrite * (cacheWrite ?? input)) / 1_000_000
  })

/** The rates of a call whose prompt has so many tokens. */
export const ratesFor = (price: Price, promptTokens: number): Rates =>
  price.longPrompt !== undefined && promptTokens > price.longPrompt.above ? price.longPrompt : price
