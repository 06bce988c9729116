import { Clock, Effect, Layer } from "effect"
import { type DailyCosts, dayOf, keptMillis, noCosts, Spend, totalOf } from "./Spend.ts"
import * as SpendTable from "./SpendTable.ts"

interface ExpiringValue<A> {
  readonly value: A
  readonly expiresAt: number
}

/** Makes a ledger that ends with the process. */
export const make = (): Spend["Service"] => {
  const totals = new Map<string, ExpiringValue<number>>()
  const holds = new Map<string, ExpiringValue<SpendTable.StoredHold>>()
  const claims = new Map<string, ExpiringValue<string>>()
  const costs = new Map<string, DailyCosts>()
  let cleanedOn = 0

  const table: SpendTable.SpendTable = {
    total: (name) => totals.get(name)?.value ?? 0,
    addTotal: (name, nano, expiresAt) => {
      totals.set(name, { value: (totals.get(name)?.value ?? 0) + nano, expiresAt })
    },
    hold: (task) => holds.get(task)?.value,
    setHold: (task, value, expiresAt) => {
      if (value === undefined) holds.delete(task)
      else holds.set(task, { value, expiresAt })
    },
    addCosts: (day, subject, held, change) => {
      const { author, model, provider, repository } = subject
      const key = JSON.stringify([day, repository, author, provider, model])
      const before = costs.get(key) ?? { held: 0, ...noCosts }
      costs.set(key, { day, subject, held: before.held + held, ...SpendTable.plusCosts(before, change) })
    }
  }

  /** Drops what has expired, once a day. */
  const clean = (now: number) => {
    if (dayOf(now) === cleanedOn) return
    cleanedOn = dayOf(now)
    for (const map of [totals, holds, claims]) {
      for (const [key, { expiresAt }] of map) if (expiresAt <= now) map.delete(key)
    }
    for (const [key, { day }] of costs) if (day < SpendTable.oldestDay(now)) costs.delete(key)
  }

  const at = <A>(body: (now: number) => A) =>
    Effect.map(Clock.currentTimeMillis, (now) => {
      clean(now)
      return body(now)
    })

  return {
    reserve: (request) => at((now) => SpendTable.reserve(table, request, now)),
    settle: (settlement) => at((now) => SpendTable.settle(table, settlement, now)),
    exhausted: (accounts, amount) =>
      at((now) => SpendTable.exhausted(accounts, amount, (account) => table.total(totalOf(account, dayOf(now))))),
    release: (task, held) => at((now) => SpendTable.release(table, task, held, now)),
    claimNotice: (notice, claimant) =>
      at((now) => {
        const claim = claims.get(notice) ?? { value: claimant, expiresAt: now + keptMillis }
        claims.set(notice, claim)
        return claim.value === claimant
      }),
    costs: (since) => at(() => [...costs.values()].filter(({ day }) => day >= since))
  }
}

/** A ledger that ends with the process. */
export const layer: Layer.Layer<Spend> = Layer.sync(Spend, make)
