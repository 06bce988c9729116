import { Schema } from "effect"

const Dollars = Schema.Finite.check(Schema.isGreaterThanOrEqualTo(0))

/** Prices in US dollars per million tokens. */
export const Rates = Schema.Struct({
  input: Dollars,
  output: Dollars,
  /** Price of cache writes; absent: the same as for input. So for cache reads. */
  cacheWrite: Schema.optionalKey(Dollars),
  cacheRead: Schema.optionalKey(Dollars)
})
export type Rates = typeof Rates.Type

/** Rates of a model. Some models have other rates for all tokens of a call with a long prompt. */
export const ModelPrice = Schema.Struct({
  ...Rates.fields,
  longPrompt: Schema.optionalKey(Schema.Struct({ ...Rates.fields, above: Schema.Natural }))
})
export type ModelPrice = typeof ModelPrice.Type
