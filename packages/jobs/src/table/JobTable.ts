import { JobId } from "@nominal-code/domain/job/Job"
import { type Result, Schema } from "effect"
import { StopReason } from "../JobQueue.ts"
import { JobState, type UnreadableJob } from "../JobRecords.ts"

/** A job as a queue stores it, without its request. Instants are milliseconds since the epoch, by the store's clock. */
export const JobRow = Schema.Struct({
  id: JobId,
  /** Position in the order of arrival. */
  position: Schema.Int,
  /** The lane's key. */
  lane: Schema.String,
  delivery: Schema.String,
  /** The event's key, which starts with its kind. */
  event: Schema.String,
  lifecycle: Schema.Boolean,
  state: JobState,
  /** Task: what a model is asked for, a command that needs no model, or one of the notices. */
  task: Schema.Literals(["review", "command", "given-up", "busy"]),
  /** Failure of its last run, as JSON. */
  failure: Schema.NullOr(Schema.String),
  /** The service that it waits for, and since when. */
  waitsFor: Schema.NullOr(Schema.String),
  waitsSince: Schema.NullOr(Schema.Int),
  attempts: Schema.Int,
  /** Number of runs that `attempts` does not count. Runs are numbered over the job's whole life. */
  earlier: Schema.Int,
  losses: Schema.Int,
  /** Instant from which a waiting job may run (0: at once); instant at which a running job's lease ends. */
  dueAt: Schema.Int,
  /** Epoch of its last lease; 0 before the first. */
  epoch: Schema.Int,
  /** The process that holds the lease. */
  owner: Schema.NullOr(Schema.String),
  /** Reason why its run has to stop; of a parked job, that it was cancelled. */
  stop: Schema.NullOr(StopReason),
  /** True if its event came again while it ran. */
  again: Schema.Boolean,
  supersededBy: Schema.NullOr(JobId),
  /** Ids of the jobs that it replaces, separated by spaces. */
  stoodFor: Schema.NullOr(Schema.String),
  /** Outcome of the job, as JSON. */
  outcome: Schema.NullOr(Schema.String),
  receivedAt: Schema.Int,
  /** Instant at which it was accepted, or queued again. */
  since: Schema.Int,
  endedAt: Schema.NullOr(Schema.Int)
})
export type JobRow = typeof JobRow.Type

/** A row as it was found. One that cannot be read keeps no other from being so. */
export type FoundRow = Result.Result<JobRow, UnreadableJob>

/** The first job of a lane, which decides when the lane has something to run. */
export type Head = Pick<JobRow, "lane" | "dueAt" | "lifecycle" | "task">

/** A page of the table. */
export interface Page {
  readonly state?: JobState
  readonly limit: number
  /** Only jobs with a smaller position. */
  readonly before?: number
  /** Told of each job of the page whose record cannot be made. */
  readonly onUnreadable?: (job: UnreadableJob) => void
}

/** Operations on a store that the rules of a lane need, within one transaction. */
export interface JobTable {
  /** A number larger than every one before it. */
  tick(): number
  /** True if the store has the job, another one of its event, or jobs of its lane that wait or run. */
  knows(job: Pick<JobRow, "id" | "lane" | "event">): boolean
  byId(id: string): JobRow | undefined
  /** The last job of an event of the lane. */
  byEvent(lane: string, event: string): JobRow | undefined
  /** The lane's jobs that wait or run, in the order of `inTurn`. */
  active(lane: string): ReadonlyArray<JobRow>
  /** A job of the lane that waits or runs and is not in `active`, since its row cannot be read. */
  unreadable(lane: string): UnreadableJob | undefined
  /** Id of a job that cannot be read, and does what this one asks for: it has its id or, in its lane, its event. */
  unreadableTwin(job: Pick<JobRow, "id" | "lane" | "event" | "lifecycle">): string | undefined
  /** The stored form of its request; empty if it is not kept. `lane`: where the job is, if that is known. */
  payload(id: string, lane?: string): string
  insert(row: JobRow, payload: string): void
  /** Replaces the row of the same id and, if given, its request. */
  update(row: JobRow, payload?: string): void
  /** The signers of the store's jobs, as `JobSigners` writes them; empty if its jobs are not signed. */
  signers(): string
  setSigners(signers: string): void
  /** The heads that are due at the instant or later, in the order of their arrival; from 0, every lane's head. */
  heads(from: number): ReadonlyArray<Head>
  count(state: "waiting" | "running" | "parked"): number
  /** The smallest `since` of the jobs that wait. */
  waitingSince(): number | undefined
  /** Lists rows, newest first. */
  list(page: Page): ReadonlyArray<FoundRow>
  /** Lists the rows that wait, oldest first. */
  oldestWaiting(limit: number): ReadonlyArray<FoundRow>
  /** Writes a row of a job's size, and removes it. */
  probe(): void
  /** Deletes the jobs that ended before the instant, and returns their number. */
  forget(before: number): number
}

/** Rank within a lane: the running job, then notices and commands, questions, and last the lifecycle job. */
const rank = ({ lifecycle, state, task }: JobRow): number => {
  if (state === "running") return 0
  if (task !== "review") return 1
  return lifecycle ? 3 : 2
}

/** Order in which the jobs of a lane run. */
export const byTurn = (a: JobRow, b: JobRow): number => rank(a) - rank(b) || a.position - b.position
