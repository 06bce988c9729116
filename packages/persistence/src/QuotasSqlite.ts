import { Clock, Effect, Layer, Schema } from "effect"
import { keptMillis, Quotas, type QuotaTable, take } from "./Quotas.ts"
import { Sqlite, type Statements } from "./Sqlite.ts"

const Number = Schema.Struct({ number: Schema.Int })

const tableOf = ({ get, run }: Statements): QuotaTable => ({
  count: (name, from) =>
    get(Number, "SELECT count(*) AS number FROM quota_jobs WHERE name = :name AND at >= :from", { name, from })
      ?.number ?? 0,
  has: (name, job) =>
    get(Number, "SELECT 1 AS number FROM quota_jobs WHERE name = :name AND job = :job", { name, job }) !== undefined,
  add: (name, job, at) => {
    run("DELETE FROM quota_jobs WHERE at < :before", { before: at - keptMillis })
    run("INSERT OR REPLACE INTO quota_jobs VALUES (:name, :job, :at)", { name, job, at })
  }
})

const make = Effect.map(Sqlite, ({ transaction }) =>
  Quotas.of({
    take: Effect.fn("Quotas.take")(function*(job, quotas) {
      const now = yield* Clock.currentTimeMillis
      return yield* transaction("Quotas.take", (statements) => take(tableOf(statements), job, quotas, now))
    }),
    giveBack: Effect.fn("Quotas.giveBack")((job, quotas) =>
      transaction("Quotas.giveBack", ({ run }) => {
        for (const { name } of quotas) run("DELETE FROM quota_jobs WHERE name = :name AND job = :job", { name, job })
      })
    )
  }))

/** Counts of the processes that share a data directory. */
export const layer = Layer.effect(Quotas, make)
