import { Option } from "effect"
import {
  type AmountRange,
  type CallCosts,
  dayOf,
  keptMillis,
  lifeMillis,
  noCosts,
  type SpendAccount,
  type SpendGrant,
  type SpendRequest,
  type SpendReservation,
  type SpendSettlement,
  type SpendSubject,
  type SpendTask,
  totalOf
} from "./Spend.ts"

/*
 * The rules of the ledger, for the stores that run them in this process. The scripts `lua/spendReserve.lua` and
 * `lua/spendSettle.lua` repeat them for Redis, and `test/spendSuite.ts` runs on all stores.
 */

/** A task's reservation as stored. */
export interface StoredHold {
  readonly call: number
  readonly settled: boolean
  readonly amount: number
  readonly day: number
  readonly range: number
}

/** Reads and writes of a store within one transaction. What is stored of `expiresAt` may go then. */
export interface SpendTable {
  total(name: string): number
  addTotal(name: string, nano: number, expiresAt: number): void
  hold(task: string): StoredHold | undefined
  setHold(task: string, hold: StoredHold | undefined, expiresAt: number): void
  addCosts(day: number, subject: SpendSubject, held: number, costs: CallCosts): void
}

/** Time for which a reservation can still be settled: longer than any call. It counts as spent all the same. */
export const holdMillis = 86_400_000

/** Selects the first range that fits, and the largest amount of it that does. */
const choose = (ranges: ReadonlyArray<AmountRange>, available: number) => {
  const range = ranges.findIndex(({ least }) => least <= available)
  const { most = 0 } = ranges[range] ?? {}
  return range === -1 ? undefined : { range, amount: Math.min(available, most) }
}

/** Amount that an account has left, with what the task itself holds of it. */
const leftOf = (table: SpendTable, account: SpendAccount, today: number, hold: StoredHold | undefined) => {
  if (account.limit === undefined) return Infinity
  const own = hold !== undefined && totalOf(account, hold.day) === totalOf(account, today) ? hold.amount : 0
  return account.limit - table.total(totalOf(account, today)) + own
}

const charge = (
  table: SpendTable,
  accounts: ReadonlyArray<SpendAccount>,
  day: number,
  nano: number,
  now: number
): void => {
  for (const account of accounts) table.addTotal(totalOf(account, day), nano, now + lifeMillis(account))
}

/** The rule of `Spend.reserve`. */
export const reserve = (table: SpendTable, request: SpendRequest, now: number): SpendGrant => {
  const { call, held, ranges, subject, task: { accounts, id } } = request
  const hold = table.hold(id)
  const today = dayOf(now)
  const lefts = accounts.map((account) => leftOf(table, account, today, hold))
  const least = Math.min(Infinity, ...lefts)
  const tightest = accounts[lefts.indexOf(least)]
  const named = (range: number) => range === 0 || tightest === undefined ? {} : { tightest }
  if (hold?.call === call) {
    return { _tag: "Granted", amount: hold.amount, range: hold.range, day: hold.day, ...named(hold.range) }
  }
  const chosen = choose(ranges, least)
  if (chosen === undefined) {
    return { _tag: "Refused", tightest: tightest ?? { kind: "task", name: id, period: "life" }, day: today }
  }
  const { amount, range } = chosen
  if (hold !== undefined) {
    charge(table, accounts, hold.day, -hold.amount, now)
    table.addCosts(hold.day, held?.subject ?? subject, -hold.amount, noCosts)
  }
  charge(table, accounts, today, amount, now)
  table.addCosts(today, subject, amount, noCosts)
  table.setHold(id, { call, settled: false, amount, day: today, range }, now + holdMillis)
  return { _tag: "Granted", amount, range, day: today, ...named(range) }
}

/** The rule of `Spend.exhausted`, over what the accounts have spent today. */
export const exhausted = (
  accounts: ReadonlyArray<SpendAccount>,
  amount: number,
  total: (account: SpendAccount) => number
): Option.Option<SpendAccount> => {
  const lefts = accounts.map((account) => account.limit === undefined ? Infinity : account.limit - total(account))
  const least = Math.min(Infinity, ...lefts)
  return least < amount ? Option.fromUndefinedOr(accounts[lefts.indexOf(least)]) : Option.none()
}

/** The rule of `Spend.settle`. */
export const settle = (table: SpendTable, settlement: SpendSettlement, now: number): void => {
  const { call, costs, keep, subject, task: { accounts, id } } = settlement
  const hold = table.hold(id)
  if (hold === undefined || hold.settled || hold.call !== call) return
  charge(table, accounts, hold.day, costs.spent + keep - hold.amount, now)
  table.addCosts(hold.day, subject, keep - hold.amount, costs)
  table.setHold(id, keep === 0 ? undefined : { ...hold, settled: true, amount: keep }, now + holdMillis)
}

/** The rule of `Spend.release`. */
export const release = (
  table: SpendTable,
  { accounts, id }: SpendTask,
  { subject }: SpendReservation,
  now: number
): void => {
  const hold = table.hold(id)
  if (hold === undefined) return
  charge(table, accounts, hold.day, -hold.amount, now)
  table.addCosts(hold.day, subject, -hold.amount, noCosts)
  table.setHold(id, undefined, now)
}

/** Adds costs. */
export const plusCosts = (one: CallCosts, other: CallCosts): CallCosts => ({
  spent: one.spent + other.spent,
  lost: one.lost + other.lost,
  calls: one.calls + other.calls,
  unpriced: one.unpriced + other.unpriced,
  usage: one.usage.plus(other.usage)
})

/** The oldest day whose costs are kept. */
export const oldestDay = (now: number): number => dayOf(now - keptMillis)
