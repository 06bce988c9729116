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

/** Claude's models as Amazon Bedrock names them: `eu.anthropic.claude-sonnet-4-5-20250929-v1:0`. */
const inBedrock = /^(?:([a-z-]+)\.)?anthropic\.(claude-.+?)(?:-v\d+(?::\d+)?)?$/

const snapshot = /[-@](?:\d{8}|\d{4}-\d{2}-\d{2}|latest)$/

const withSnapshot = (model: string): ReadonlyArray<string> => [model, model.replace(snapshot, "")]

/** Names that a model's price may have, its own first: without the date of a snapshot, and without Bedrock's region. */
export const priceNamesOf = (model: string): ReadonlyArray<string> => {
  const [, , plain] = inBedrock.exec(model) ?? []
  return [...withSnapshot(model), ...(plain === undefined ? [] : withSnapshot(plain))]
}

/** True for a model of Bedrock that stays in a region. */
export const isRegional = (model: string): boolean => {
  const [, region, plain] = inBedrock.exec(model) ?? []
  return plain !== undefined && region !== "global"
}
