import { JobId } from "@nominal-code/domain/Job"
import { Schema } from "effect"
import { JobState } from "./JobQueue.ts"

/** A job as a queue stores it, without its payload. Instants are milliseconds since the epoch. */
export const JobRow = Schema.Struct({
  id: JobId,
  /** Its place in the order of arrival. */
  position: Schema.Int,
  /** The lane's key. */
  lane: Schema.String,
  platform: Schema.String,
  delivery: Schema.String,
  lifecycle: Schema.Boolean,
  state: JobState,
  attempts: Schema.Int,
  /** Attempts before it was last made to wait again. */
  earlier: Schema.Int,
  losses: Schema.Int,
  /** Of a waiting job, from when on it may run, 0 for at once; of a running one, until when its lease lasts. */
  dueAt: Schema.Int,
  /** Of its last lease; 0 before the first. */
  epoch: Schema.Int,
  /** The process that holds the lease. */
  owner: Schema.NullOr(Schema.String),
  /** A running job has been cancelled if this says so. */
  reason: Schema.NullOr(Schema.String),
  /** As JSON. */
  outcome: Schema.NullOr(Schema.String),
  endedAt: Schema.NullOr(Schema.Int)
})
export type JobRow = typeof JobRow.Type

/** The first job of a lane, which decides when the lane has something to run. */
export interface Head {
  readonly lane: string
  readonly dueAt: number
}

/** What the rules of a lane need of a store, within one transaction. */
export interface JobTable {
  /** A number larger than every one before it. */
  tick(): number
  byDelivery(platform: string, delivery: string): JobRow | undefined
  byId(id: string): JobRow | undefined
  /** The lane's jobs that wait or run, in their order. */
  active(lane: string): ReadonlyArray<JobRow>
  payload(id: string): string
  insert(row: JobRow, payload: string): void
  /** Replaces the row of the same id and, if given, its payload. */
  update(row: JobRow, payload?: string): void
  /** The heads that are due at the instant or later, in the order of their arrival; from 0, every lane's head. */
  heads(from: number): ReadonlyArray<Head>
  count(state: JobState): number
  /** Every job, or those in one state, in the order of arrival. */
  list(state: JobState | undefined): ReadonlyArray<JobRow>
  /** Forgets what ended before the instant; how many those were. */
  forget(before: number): number
}
