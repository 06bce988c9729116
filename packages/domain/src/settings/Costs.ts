import { Schema, SchemaTransformation } from "effect"
import type { ModelPrice } from "../model/ModelPrice.ts"
import { defaulted } from "./Setting.ts"
import { amount, flag, structure } from "./SettingType.ts"

const Dollars = Schema.Finite.check(Schema.isGreaterThanOrEqualTo(0))
const dollars = Schema.optionalKey(Dollars)

/** A price as it is written. */
const WrittenPrice = Schema.Struct({ input: Dollars, output: Dollars, cache_read: dollars, cache_write: dollars })

const Price = WrittenPrice.pipe(
  Schema.decodeTo(
    Schema.Struct({ input: Dollars, output: Dollars, cacheRead: dollars, cacheWrite: dollars }),
    SchemaTransformation.transform({
      decode: ({ cache_read: cacheRead, cache_write: cacheWrite, ...rest }) => ({
        ...rest,
        ...(cacheRead === undefined ? {} : { cacheRead }),
        ...(cacheWrite === undefined ? {} : { cacheWrite })
      }),
      encode: ({ cacheRead, cacheWrite, ...rest }) => ({
        ...rest,
        ...(cacheRead === undefined ? {} : { cache_read: cacheRead }),
        ...(cacheWrite === undefined ? {} : { cache_write: cacheWrite })
      })
    })
  )
)

const limit = (name: string, variable: string, of: string) =>
  defaulted(0, {
    yaml: `limits.${name}`,
    env: variable,
    kind: amount,
    doc: `What ${of} may cost in US dollars; 0 means no limit.`
  })

const noPrices: Readonly<Record<string, ModelPrice>> = {}

/** Settings of what all reviews together may cost, and of prices. */
export const costs = {
  pullRequestUsd: limit("pull_request_usd", "LIMITS_PULL_REQUEST_USD", "all reviews of one pull request together"),
  repositoryUsd: limit("repository_usd", "LIMITS_REPOSITORY_USD", "one repository's reviews of one day (UTC)"),
  authorUsd: limit(
    "author_usd",
    "LIMITS_AUTHOR_USD",
    "the reviews of one day (UTC) that one account causes, by its pull requests or its mentions,"
  ),
  dayUsd: limit("day_usd", "LIMITS_DAY_USD", "all reviews of one day (UTC) together"),
  allowUnpriced: defaulted(false, {
    yaml: "limits.allow_unpriced",
    env: "LIMITS_ALLOW_UNPRICED",
    kind: flag,
    doc: "Start with a model whose price is not known, although no limit in dollars can hold for it."
  }),
  prices: defaulted(noPrices, {
    yaml: "agent.prices",
    env: "AGENT_PRICES",
    travels: "job",
    kind: structure(
      "prices",
      "prices in dollars per million tokens: {my-model: {input: 1.25, output: 10, cache_read: 0.1}}",
      Schema.Record(Schema.String, Price),
      Schema.Record(Schema.String, WrittenPrice)
    ),
    byDefault: "the table of this version",
    doc:
      "Prices of models in US dollars per million tokens, by name; JSON in the environment. They go before the table."
  })
}
