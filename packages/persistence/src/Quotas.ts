import { Clock, Context, Effect, Layer, Option } from "effect"
import type { StoreError } from "./StoreError.ts"

/** Number of jobs that an account may have in a time: a day in UTC, or the last sixty minutes. */
export interface Quota {
  /** Name of the account: `author:github:alice`. */
  readonly name: string
  readonly limit: number
  readonly period: "day" | "hour"
}

/** Counts of jobs by account. They survive a restart where the store does, and are exact for any number of processes. */
export class Quotas extends Context.Service<Quotas, {
  /**
   * Counts a job under every quota, or, if one is used up, under none: that one is the result. A job counts once, however
   * often it asks, and keeps its place for two days.
   */
  take(job: string, quotas: ReadonlyArray<Quota>): Effect.Effect<Option.Option<Quota>, StoreError>
  /** Uncounts a job. */
  giveBack(job: string, quotas: ReadonlyArray<Quota>): Effect.Effect<void, StoreError>
}>()("@nominal-code/persistence/Quotas") {}

const hourMillis = 3_600_000
const dayMillis = 24 * hourMillis

/** Instant from which on jobs count. */
export const since = (period: Quota["period"], now: number): number =>
  period === "day" ? Math.floor(now / dayMillis) * dayMillis : now - hourMillis

/** Time for which an account is kept after its last change. */
export const keptMillis = 2 * dayMillis

/** Counts of a store within one transaction. Instants are milliseconds since the epoch, by the store's clock. */
export interface QuotaTable {
  /** Number of the account's jobs since an instant. */
  count(name: string, since: number): number
  has(name: string, job: string): boolean
  add(name: string, job: string, at: number): void
}

/** The rule of `Quotas.take`, which the script `lua/quotaTake.lua` repeats for Redis. */
export const take = (
  table: QuotaTable,
  job: string,
  quotas: ReadonlyArray<Quota>,
  now: number
): Option.Option<Quota> => {
  const missing = quotas.filter(({ name }) => !table.has(name, job))
  const full = missing.find(({ limit, name, period }) => table.count(name, since(period, now)) >= limit)
  if (full !== undefined) return Option.some(full)
  for (const { name } of missing) table.add(name, job, now)
  return Option.none()
}

const make = Effect.sync(() => {
  const accounts = new Map<string, Map<string, number>>()
  let cleanedAt = 0
  const jobsOf = (name: string) => accounts.get(name) ?? new Map<string, number>()
  const table: QuotaTable = {
    count: (name, from) => [...jobsOf(name).values()].filter((at) => at >= from).length,
    has: (name, job) => jobsOf(name).has(job),
    add: (name, job, at) => {
      accounts.set(name, jobsOf(name).set(job, at))
      if (at - cleanedAt < hourMillis) return
      cleanedAt = at
      for (const [other, jobs] of accounts) {
        for (const [id, since] of jobs) if (since < at - keptMillis) jobs.delete(id)
        if (jobs.size === 0) accounts.delete(other)
      }
    }
  }
  return Quotas.of({
    take: (job, quotas) => Effect.map(Clock.currentTimeMillis, (now) => take(table, job, quotas, now)),
    giveBack: (job, quotas) => Effect.sync(() => quotas.forEach(({ name }) => accounts.get(name)?.delete(job)))
  })
})

/** Counts that end with the process. */
export const layerMemory = Layer.effect(Quotas, make)
