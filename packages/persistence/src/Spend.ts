import type { SpendLimit } from "@nominal-code/domain/model/SpendLimits"
import { Usage } from "@nominal-code/domain/model/Usage"
import { Context, type Effect, type Option, Schema } from "effect"
import { randomUUID } from "node:crypto"
import type { StoreError } from "./StoreError.ts"

/*
 * Money is in nanodollars, 10⁻⁹ US dollars: whole numbers, so that a sum does not depend on the order of its parts. A
 * store holds sums of up to nine million dollars exactly.
 */

/** An account that calls are charged to. */
export interface SpendAccount {
  readonly kind: SpendLimit
  /** `repository:github:acme/api` */
  readonly name: string
  /** `day`: it starts at zero each day, in UTC by the store's clock. */
  readonly period: "day" | "life"
  /** In nanodollars. Absent: the account is only counted. */
  readonly limit?: number
}

/** Names that costs are listed by. */
export const SpendSubject = Schema.Struct({
  repository: Schema.String,
  author: Schema.String,
  provider: Schema.String,
  model: Schema.String
})
export type SpendSubject = typeof SpendSubject.Type

/** The task of an agent, which holds at most one reservation at a time. */
export interface SpendTask {
  readonly id: string
  readonly accounts: ReadonlyArray<SpendAccount>
}

/** Smallest and largest amount that would do, in nanodollars. */
export interface AmountRange {
  readonly least: number
  readonly most: number
}

/** Request for money for one call. */
export interface SpendRequest {
  readonly task: SpendTask
  readonly subject: SpendSubject
  /** Number of the call within its task: the idempotency key. */
  readonly call: number
  /** The first one that fits all accounts is taken, and as much of it as fits. */
  readonly ranges: ReadonlyArray<AmountRange>
  /** Reservation that the task holds already, and that the new one replaces. */
  readonly held?: SpendReservation | undefined
}

/** Reservation that a task has: the day that it is charged to, and the names that it is listed under. */
export interface SpendReservation {
  readonly day: number
  readonly subject: SpendSubject
}

/** Money for a call, or the account that has too little left. */
export type SpendGrant =
  | {
    readonly _tag: "Granted"
    readonly amount: number
    /** Index of the range. */
    readonly range: number
    /** Day of the charge, in days since the epoch. */
    readonly day: number
    /** The account that was the tightest, if a later range than the first was taken. */
    readonly tightest?: SpendAccount
  }
  | { readonly _tag: "Refused"; readonly tightest: SpendAccount; readonly day: number }

/** Costs of calls, in nanodollars. */
const CallCosts = Schema.Struct({
  spent: Schema.Natural,
  /** The part of it that is only a reservation, because an answer never came. */
  lost: Schema.Natural,
  calls: Schema.Natural,
  /** Number of the calls of models without a known price. Their dollars are missing. */
  unpriced: Schema.Natural,
  usage: Usage
})
export type CallCosts = typeof CallCosts.Type

/** The costs of no call. */
export const noCosts: CallCosts = { spent: 0, lost: 0, calls: 0, unpriced: 0, usage: Usage.none }

/** End of a call: its costs, and the nanodollars that its task still holds for the next one. */
export interface SpendSettlement {
  readonly task: SpendTask
  readonly subject: SpendSubject
  readonly call: number
  /** Day that the reservation was charged to. */
  readonly day: number
  readonly costs: CallCosts
  readonly keep: number
}

/** Costs of one day and one subject. */
export const DailyCosts = Schema.Struct({
  /** In days since the epoch. */
  day: Schema.Int,
  subject: SpendSubject,
  /** Nanodollars reserved for calls in flight, and for those whose process died. */
  held: Schema.Natural,
  ...CallCosts.fields
})
export type DailyCosts = typeof DailyCosts.Type

/**
 * Ledger of what models cost. Money is reserved before a call is sent and settled after it, so that a limit holds for any
 * number of calls at once; a reservation that is never settled counts as spent.
 */
export class Spend extends Context.Service<Spend, {
  /** Reserves money for a call, in place of the task's reservation. The same call may ask again: it gets the same. */
  reserve(request: SpendRequest): Effect.Effect<SpendGrant, StoreError>
  /** Replaces the reservation of a call by its cost. Once for each call: a repetition does nothing. */
  settle(settlement: SpendSettlement): Effect.Effect<void, StoreError>
  /** The account that has the least left, if that is less than an amount. Nothing is reserved. */
  exhausted(
    accounts: ReadonlyArray<SpendAccount>,
    amount: number
  ): Effect.Effect<Option.Option<SpendAccount>, StoreError>
  /** Releases the reservation of a task. */
  release(task: SpendTask, held: SpendReservation): Effect.Effect<void, StoreError>
  /** True for the first that claims a notice, each time that it asks. A claim is kept for 400 days. */
  claimNotice(notice: string, claimant: string): Effect.Effect<boolean, StoreError>
  /** All costs since a day, in days since the epoch. They are kept for 400 days. */
  costs(since: number): Effect.Effect<ReadonlyArray<DailyCosts>, StoreError>
}>()("@nominal-code/persistence/Spend") {}

const dayMillis = 86_400_000

/** Day of an instant, in days since the epoch. */
export const dayOf = (millis: number): number => Math.floor(millis / dayMillis)

/** Time for which costs, notices and the total of a pull request are kept after their last change. */
export const keptMillis = 400 * dayMillis

/** Time for which the total of an account is kept after its last change. */
export const lifeMillis = ({ kind, period }: SpendAccount): number => {
  if (period === "day") return 2 * dayMillis
  return kind === "pull-request" ? keptMillis : 30 * dayMillis
}

/** Name of an account's total on a day. */
export const totalOf = ({ name, period }: SpendAccount, day: number): string =>
  period === "day" ? `${name}:${day}` : name

/** Converts US dollars into nanodollars. */
export const nanoOf = (dollars: number): number => Math.ceil(dollars * 1e9 - 1e-3)

/** Converts nanodollars into US dollars. */
export const dollarsOf = (nano: number): number => nano / 1e9

/** A new task, charged to these accounts. */
export const newTask = (accounts: ReadonlyArray<SpendAccount>): SpendTask => ({ id: randomUUID(), accounts })

/** An account of its own for a cap in nanodollars. */
export const newCap = (limit: number): SpendAccount => ({
  kind: "task",
  name: `task:${randomUUID()}`,
  period: "life",
  limit
})
