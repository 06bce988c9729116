import { isRegional, type ModelPrice, priceNamesOf, type Rates } from "@nominal-code/domain/model/ModelPrice"
import type { Usage } from "@nominal-code/domain/model/Usage"
import { Option } from "effect"
import table from "./pricing.json" with { type: "json" }

/**
 * Price table, from the services' lists for their standard tier: Anthropic (docs.claude.com, Pricing; October 2026),
 * OpenAI (developers.openai.com, Pricing; as quoted by several who read it in October and November 2026) and Google
 * (ai.google.dev, Gemini API, Pricing; as quoted in September and October 2026; without the discount on Gemini 3.6 to
 * 3.8 Flash, which ends with 2026, and at Gemini 4 Argon's price from December 2026 on). The others are the default models of their services, as models.dev quotes the lists
 * (August to October 2026); Bedrock charges a tenth more for a model that is not `global.`; DeepSeek's is the rate of its peak hours, and twice that of the rest of the day.
 */
const listed: ReadonlyMap<string, ModelPrice> = new Map(Object.entries(table))

/** Premium of a model that stays in a region. */
const regional = 1.1

/** Prices of models, by their names. */
export interface Prices {
  /** A model's price, also under the name of one of its dated snapshots. None for a model that has no known one. */
  priceOf(model: string): Option.Option<ModelPrice>
  /** Cost of one call in US dollars. Do not apply it to a sum of calls: long prompts may have other rates. */
  costOf(model: string, usage: Usage): Option.Option<number>
}

/** The price table, with some prices of the configuration in place of its own. */
export const pricesWith = (given: Readonly<Record<string, ModelPrice>>): Prices => {
  const configured = new Map(Object.entries(given))
  const priceOf = (model: string) => {
    const found = priceNamesOf(model).flatMap((name) => configured.get(name) ?? listed.get(name) ?? [])
    const dearer = isRegional(model) && !configured.has(model)
    return Option.map(Option.fromUndefinedOr(found[0]), (price) => dearer ? scaled(price, regional) : price)
  }
  return { priceOf, costOf: (model, usage) => Option.map(priceOf(model), (price) => cost(price, usage)) }
}

/** The prices of the table alone. */
export const listedPrices: Prices = pricesWith({})

const cost = (price: ModelPrice, usage: Usage): number => {
  const prompt = usage.input + usage.cacheRead + usage.cacheWrite
  const { cacheRead, cacheWrite, input, output } = ratesFor(price, prompt)
  return (usage.input * input +
    usage.output * output +
    usage.cacheRead * (cacheRead ?? input) +
    usage.cacheWrite * (cacheWrite ?? input)) / 1_000_000
}

const scaledRates = ({ cacheRead, cacheWrite, input, output }: Rates, by: number): Rates => ({
  input: input * by,
  output: output * by,
  ...(cacheRead === undefined ? {} : { cacheRead: cacheRead * by }),
  ...(cacheWrite === undefined ? {} : { cacheWrite: cacheWrite * by })
})

const scaled = (price: ModelPrice, by: number): ModelPrice => ({
  ...scaledRates(price, by),
  ...(price.longPrompt === undefined
    ? {}
    : { longPrompt: { above: price.longPrompt.above, ...scaledRates(price.longPrompt, by) } })
})

/** The rates of a call whose prompt has so many tokens. */
export const ratesFor = (price: ModelPrice, promptTokens: number): Rates =>
  price.longPrompt !== undefined && promptTokens > price.longPrompt.above ? price.longPrompt : price
