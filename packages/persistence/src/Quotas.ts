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
   * Counts a job under every quota, or, if one is used up, under none: that one is the result. A job that is counted
   * counts once, however often it asks, and has its place.
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
  /** Number of the account's jobs since an instant, without this job. */
  count(name: string, job: string, since: number): number
  /** True if the job counts under the account since an instant. */
  has(name: string, job: string, since: number): boolean
  add(name: string, job: string, at: number): void
}

/** The rule of `Quotas.take`, which the script `lua/quotaTake.lua` repeats for Redis. */
export const take = (
  table: QuotaTable,
  job: string,
  quotas: ReadonlyArray<Quota>,
  now: number
): Option.Option<Quota> => {
  const counts = ({ name, period }: Quota) => table.has(name, job, since(period, now))
  const full = quotas.find((quota) =>
    !counts(quota) && table.count(quota.name, job, since(quota.period, now)) >= quota.limit
  )
  if (full !== undefined) return Option.some(full)
  for (const quota of quotas) if (!counts(quota)) table.add(quota.name, job, now)
  return Option.none()
}

const make = Effect.sync(() => {
  const accounts = new Map<string, Map<string, number>>()
  const jobsOf = (name: string) => accounts.get(name) ?? new Map<string, number>()
  const table: QuotaTable = {
    count: (name, job, from) => [...jobsOf(name)].filter(([id, at]) => id !== job && at >= from).length,
    has: (name, job, from) => (jobsOf(name).get(job) ?? -1) >= from,
    add: (name, job, at) => {
      for (const [other, jobs] of accounts) {
        if ([...jobs.values()].every((last) => last < at - keptMillis)) accounts.delete(other)
      }
      accounts.set(name, jobsOf(name).set(job, at))
    }
  }
  return Quotas.of({
    take: (job, quotas) => Effect.map(Clock.currentTimeMillis, (now) => take(table, job, quotas, now)),
    giveBack: (job, quotas) => Effect.sync(() => quotas.forEach(({ name }) => accounts.get(name)?.delete(job)))
  })
})

/** Counts that end with the process. */
export const layerMemory = Layer.effect(Quotas, make)
