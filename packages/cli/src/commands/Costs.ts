import * as AppConfigLayer from "@nominal-code/config/AppConfigLayer"
import { Usage } from "@nominal-code/domain/model/Usage"
import { dayOf, dollarsOf, Spend } from "@nominal-code/persistence/Spend"
import { Clock, Console, Effect, Layer, Option, Schema } from "effect"
import * as Columns from "../Columns.ts"
import * as Configured from "../Configured.ts"
import * as CostText from "../CostText.ts"
import * as Logging from "../Logging.ts"
import * as Storage from "../Storage.ts"

const ledger = Storage.existingSpend.pipe(
  Layer.provide(Configured.configured(Logging.layer)),
  Layer.provide(AppConfigLayer.layer("jobs"))
)

/** Costs as JSON, in US dollars. */
const Listed = Schema.Struct({
  name: Schema.String,
  costUsd: Schema.Finite,
  /** The part of it that is only reserved: calls in flight, and calls whose answer was lost. */
  unconfirmedUsd: Schema.Finite,
  calls: Schema.Int,
  unpricedCalls: Schema.Int,
  usage: Usage
})

const encode = Schema.encodeEffect(Schema.fromJsonString(Schema.Array(Listed)))

const listed = ({ calls, held, lost, name, spent, unpriced, usage }: CostText.NamedCosts): typeof Listed.Type => ({
  name,
  costUsd: dollarsOf(spent + held),
  unconfirmedUsd: dollarsOf(held + lost),
  calls,
  unpricedCalls: unpriced,
  usage
})

/** Options of a listing of costs. */
export interface CostsQuery {
  /** `7d`, or a date in UTC. */
  readonly since: string
  readonly by: CostText.CostKey
  readonly json: boolean
}

/** First day of a listing, in days since the epoch: a date, or so many days with today. */
const firstDay = (since: string, today: number): number =>
  Option.match(Option.fromNullishOr(/^(\d+)d$/.exec(since)?.[1]), {
    onNone: () => dayOf(Date.parse(since)),
    onSome: (days) => today - Number(days) + 1
  })

/** Prints what models have cost, from the ledger. */
export const costs = Effect.fn("cli.costs")(function*({ by, json, since }: CostsQuery) {
  const from = firstDay(since, dayOf(yield* Clock.currentTimeMillis))
  const [first, ...others] = CostText.summed(yield* (yield* Spend).costs(from), by)
  if (json) {
    return yield* Console.log(yield* encode(first === undefined ? [] : [first, ...others].map(listed)))
  }
  yield* Console.log(first === undefined ? "no costs" : CostText.table([first, ...others], by, yield* Columns.width))
}, Effect.provide(ledger))
