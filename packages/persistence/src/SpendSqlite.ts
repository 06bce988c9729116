import { Usage } from "@nominal-code/domain/model/Usage"
import { Clock, Effect, Layer, Schema } from "effect"
import { dayOf, keptMillis, Spend, totalOf } from "./Spend.ts"
import * as SpendTable from "./SpendTable.ts"
import { Sqlite, type Statements } from "./Sqlite.ts"

const Total = Schema.Struct({ nano: Schema.Int })
const Hold = Schema.Struct({
  call: Schema.Int,
  settled: Schema.BooleanFromBit,
  amount: Schema.Int,
  day: Schema.Int,
  range: Schema.Int
})
const Claim = Schema.Struct({ claimant: Schema.String })
const CostsRow = Schema.Struct({
  day: Schema.Int,
  repository: Schema.String,
  author: Schema.String,
  provider: Schema.String,
  model: Schema.String,
  spent: Schema.Int,
  held: Schema.Int,
  lost: Schema.Int,
  calls: Schema.Int,
  unpriced: Schema.Int,
  input: Schema.Int,
  output: Schema.Int,
  cache_read: Schema.Int,
  cache_write: Schema.Int
})

const addCosts = `INSERT INTO spend_costs VALUES (:day, :repository, :author, :provider, :model,
    :spent, :held, :lost, :calls, :unpriced, :input, :output, :cacheRead, :cacheWrite)
  ON CONFLICT DO UPDATE SET spent = spent + excluded.spent, held = held + excluded.held, lost = lost + excluded.lost,
    calls = calls + excluded.calls, unpriced = unpriced + excluded.unpriced, input = input + excluded.input,
    output = output + excluded.output, cache_read = cache_read + excluded.cache_read,
    cache_write = cache_write + excluded.cache_write`

const totalIn = (get: Statements["get"], name: string): number =>
  get(Total, "SELECT nano FROM spend_totals WHERE name = :name", { name })?.nano ?? 0

const tableOf = ({ get, run }: Statements): SpendTable.SpendTable => ({
  total: (name) => totalIn(get, name),
  addTotal: (name, nano, expiresAt) => {
    run(
      `INSERT INTO spend_totals VALUES (:name, :nano, :expiresAt)
         ON CONFLICT DO UPDATE SET nano = nano + excluded.nano, expires_at = excluded.expires_at`,
      { name, nano, expiresAt }
    )
  },
  hold: (task) => get(Hold, "SELECT call, settled, amount, day, range FROM spend_holds WHERE task = :task", { task }),
  setHold: (task, hold, expiresAt) => {
    if (hold === undefined) run("DELETE FROM spend_holds WHERE task = :task", { task })
    else {
      run("INSERT OR REPLACE INTO spend_holds VALUES (:task, :call, :settled, :amount, :day, :range, :expiresAt)", {
        ...hold,
        task,
        settled: hold.settled ? 1 : 0,
        expiresAt
      })
    }
  },
  addCosts: (day, subject, held, { calls, lost, spent, unpriced, usage: { cacheRead, cacheWrite, input, output } }) => {
    const counts = { spent, held, lost, calls, unpriced, input, output, cacheRead, cacheWrite }
    run(addCosts, { day, ...subject, ...counts })
  }
})

/** Drops what has expired. */
const clean = ({ run }: Statements, now: number) => {
  for (const table of ["totals", "holds", "notices"]) {
    run(`DELETE FROM spend_${table} WHERE expires_at <= :now`, { now })
  }
  run("DELETE FROM spend_costs WHERE day < :oldest", { oldest: SpendTable.oldestDay(now) })
}

const make = Effect.gen(function*() {
  const { read, transaction } = yield* Sqlite
  let cleanedOn = 0

  /** One transaction, which also cleans up once a day. */
  const within = <A>(operation: string, body: (statements: Statements, now: number) => A) =>
    Effect.flatMap(Clock.currentTimeMillis, (now) =>
      transaction(operation, (statements) => {
        if (dayOf(now) !== cleanedOn) clean(statements, now)
        cleanedOn = dayOf(now)
        return body(statements, now)
      }))

  return Spend.of({
    reserve: Effect.fn("Spend.reserve")((request) =>
      within("Spend.reserve", (statements, now) => SpendTable.reserve(tableOf(statements), request, now))
    ),
    settle: Effect.fn("Spend.settle")((settlement) =>
      within("Spend.settle", (statements, now) => SpendTable.settle(tableOf(statements), settlement, now))
    ),
    exhausted: Effect.fn("Spend.exhausted")(function*(accounts, amount) {
      const today = dayOf(yield* Clock.currentTimeMillis)
      return yield* read(
        "Spend.exhausted",
        ({ get }) => SpendTable.exhausted(accounts, amount, (account) => totalIn(get, totalOf(account, today)))
      )
    }),
    release: Effect.fn("Spend.release")((task, held) =>
      within("Spend.release", (statements, now) => SpendTable.release(tableOf(statements), task, held, now))
    ),
    claimNotice: Effect.fn("Spend.claimNotice")((notice, claimant) =>
      within("Spend.claimNotice", ({ get, run }, now) => {
        const claim = { notice, claimant, expiresAt: now + keptMillis }
        run("INSERT OR IGNORE INTO spend_notices VALUES (:notice, :claimant, :expiresAt)", claim)
        const kept = get(Claim, "SELECT claimant FROM spend_notices WHERE notice = :notice", { notice })
        return kept?.claimant === claimant
      })
    ),
    costs: Effect.fn("Spend.costs")(function*(since) {
      const rows = yield* read(
        "Spend.costs",
        ({ all }) => all(CostsRow, "SELECT * FROM spend_costs WHERE day >= :since", { since })
      )
      return rows.map((row) => {
        const { author, cache_read, cache_write, input, model, output, provider, repository, ...costs } = row
        const usage = new Usage({ input, output, cacheRead: cache_read, cacheWrite: cache_write })
        return { ...costs, subject: { repository, author, provider, model }, usage }
      })
    })
  })
})

/** The ledger in the database file. */
export const layer = Layer.effect(Spend, make)
