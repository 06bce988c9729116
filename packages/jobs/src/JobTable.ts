import { JobId } from "@nominal-code/domain/Job"
import { Schema } from "effect"
import { StopReason } from "./JobQueue.ts"
import { JobState } from "./JobRecords.ts"

/** A job as a queue stores it, without its request. Instants are milliseconds since the epoch, by the store's clock. */
export const JobRow = Schema.Struct({
  id: JobId,
  /** Its place in the order of arrival. */
  position: Schema.Int,
  /** The lane's key. */
  lane: Schema.String,
  delivery: Schema.String,
  /** The event's key, which starts with its kind. */
  event: Schema.String,
  lifecycle: Schema.Boolean,
  state: JobState,
  /** What is to be done: the review, or one of the notices. */
  task: Schema.Literals(["review", "given-up", "busy"]),
  /** Why its last run failed, as JSON. */
  failure: Schema.NullOr(Schema.String),
  /** The service that it waits for, and since when. */
  waitsFor: Schema.NullOr(Schema.String),
  waitsSince: Schema.NullOr(Schema.Int),
  attempts: Schema.Int,
  /** Runs that `attempts` does not count: its runs are numbered over its whole life. */
  earlier: Schema.Int,
  losses: Schema.Int,
  /** Of a waiting job, from when on it may run, 0 for at once; of a running one, until when its lease lasts. */
  dueAt: Schema.Int,
  /** Of its last lease; 0 before the first. */
  epoch: Schema.Int,
  /** The process that holds the lease. */
  owner: Schema.NullOr(Schema.String),
  /** Why its run has to stop; of a parked job, that it was cancelled. */
  stop: Schema.NullOr(StopReason),
  /** Its event came again while it ran. */
  again: Schema.Boolean,
  supersededBy: Schema.NullOr(JobId),
  /** The ids of the jobs whose work it does, with a space between. */
  stoodFor: Schema.NullOr(Schema.String),
  /** As JSON. */
  outcome: Schema.NullOr(Schema.String),
  receivedAt: Schema.Int,
  /** When it was accepted, or made to wait again. */
  since: Schema.Int,
  endedAt: Schema.NullOr(Schema.Int)
})
export type JobRow = typeof JobRow.Type

/** The first job of a lane, which decides when the lane has something to run. */
export type Head = Pick<JobRow, "lane" | "dueAt" | "lifecycle" | "task">

/** Which part of the table is asked for. */
export interface Page {
  readonly state?: JobState
  readonly limit: number
  /** Only jobs with a smaller position. */
  readonly before?: number
}

/** What the rules of a lane need of a store, within one transaction. */
export interface JobTable {
  /** A number larger than every one before it. */
  tick(): number
  byId(id: string): JobRow | undefined
  /** The last job of an event of the lane. */
  byEvent(lane: string, event: string): JobRow | undefined
  /** The lane's jobs that wait or run, in the order of `inTurn`. */
  active(lane: string): ReadonlyArray<JobRow>
  /** The stored form of its request; empty if it is not kept. */
  payload(id: string): string
  insert(row: JobRow, payload: string): void
  /** Replaces the row of the same id and, if given, its request. */
  update(row: JobRow, payload?: string): void
  /** The heads that are due at the instant or later, in the order of their arrival; from 0, every lane's head. */
  heads(from: number): ReadonlyArray<Head>
  count(state: "waiting" | "running" | "parked"): number
  /** The smallest `since` of the jobs that wait. */
  waitingSince(): number | undefined
  /** The newest first. */
  list(page: Page): ReadonlyArray<JobRow>
  /** Writes what takes as much room as a job, and removes it. */
  probe(): void
  /** Forgets what ended before the instant; how many those were. */
  forget(before: number): number
}

/** 0 for the job that runs, then notices, what people asked for, and last the lifecycle job. */
const rank = ({ lifecycle, state, task }: JobRow): number => {
  if (state === "running") return 0
  if (task !== "review") return 1
  return lifecycle ? 3 : 2
}

/** The order in which the jobs of a lane have their turns. */
export const byTurn = (a: JobRow, b: JobRow): number => rank(a) - rank(b) || a.position - b.position
