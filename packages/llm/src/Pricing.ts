import type { Usage } from "@nominal-code/domain/Usage"
import { Option } from "effect"
import table from "./pricing.json" with { type: "json" }

/** US dollars for a million tokens. */
export interface Rates {
  readonly input: number
  readonly output: number
  /** Absent: the service asks no other price than for input. */
  readonly cacheWrite?: number
  readonly cacheRead?: number
}

/** A model's rates. Some models have others for every token of a call whose prompt is long. */
export interface Price extends Rates {
  readonly longPrompt?: Rates & { readonly above: number }
}

/**
 * What the services list for their models, in the standard tier: Anthropic (docs.claude.com, Pricing; October 2026),
 * OpenAI (developers.openai.com, Pricing; as quoted by several who read it in October and November 2026) and Google
 * (ai.google.dev, Gemini API, Pricing; as quoted in September and October 2026; without the discount on Gemini 3.6 to
 * 3.8 Flash, which ends with 2026). A model that is not in the table has no known cost, and a review by it is bounded by
 * its turns alone.
 */
const prices: ReadonlyMap<string, Price> = new Map(Object.entries(table))

const snapshot = /-(?:\d{8}|\d{4}-\d{2}-\d{2}|latest)$/

/** A model's price, also under the name of one of its dated snapshots. None for a model that we do not know. */
export const priceOf = (model: string): Option.Option<Price> =>
  Option.fromUndefinedOr(prices.get(model) ?? prices.get(model.replace(snapshot, "")))

/** What one call costs in US dollars. Of one call, not of a sum of them: long prompts may have other rates. */
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
