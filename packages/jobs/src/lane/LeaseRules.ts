import { Failure } from "@nominal-code/domain/job/Failure"
import type { JobOutcome } from "@nominal-code/domain/job/Job"
import { Duration, Schema } from "effect"
import { type RenewalResult, type RunLocation, Settlement } from "../JobQueue.ts"
import type { JobRow, JobTable } from "../table/JobTable.ts"
import { isOfItsHead } from "./Dedup.ts"
import {
  ended,
  isLifecycleReview,
  isReview,
  notWaiting,
  park,
  retire,
  supersede,
  untried,
  waitingLifecycle
} from "./JobTransitions.ts"

/*
 * Transitions of a job under a lease: taken, renewed and settled, as steps on a table. Each is called inside one
 * transaction, and is the whole of it.
 */

/** Fencing token of a lease: the lane, the job and the epoch. */
export interface FencingToken {
  readonly lane: string
  readonly id: string
  readonly epoch: number
}

const encodeFailure = Schema.encodeSync(Schema.fromJsonString(Failure))

/**
 * Rest of a job after so many losses, in milliseconds. A job that its process did not survive may be what kills it, so it
 * waits ever longer and others get their turn. What kills the process for another reason, again and again, meets it less
 * often in that time. Half an hour at most: about fifty runs in a day, after which the job is given up wherever it runs.
 */
export const restMillis = (losses: number): number => losses < 2 ? 0 : Math.min(10_000 * 3 ** (losses - 2), 1_800_000)

/** Finds the row of a valid lease. An expired lease stays valid until somebody else takes the lane. */
const held = (table: JobTable, { epoch, id, lane }: FencingToken): JobRow | undefined =>
  table.active(lane).find((row) => row.id === id && row.state === "running" && row.epoch === epoch)

/** Queues a job again after a run, unless a newer lifecycle job waits by now and supersedes it. */
const giveBack = (table: JobTable, row: JobRow, now: number): void => {
  const newer = isLifecycleReview(row) ? waitingLifecycle(table.active(row.lane)) : undefined
  if (newer === undefined) table.update({ ...row, state: "waiting", owner: null })
  else supersede(table, row, newer, now)
}

/** Queues a stopped job for the holder that ends the rest of its run. Its lease has ended, so its epoch has too. */
const requeueStopped = (table: JobTable, row: JobRow): void =>
  table.update({ ...row, epoch: table.tick(), owner: null, dueAt: 0 })

/** The terms on which a lane's head is taken. */
export interface TakeOptions {
  readonly owner: string
  readonly leaseMillis: number
  readonly runs: RunLocation
  /** True if this program can read the job's stored form. */
  canRead(row: JobRow): boolean
}

/**
 * Takes the lane's head; a lease of it that has run out is over by this, and counts as a loss where its run died with it.
 * A head whose payload this program cannot read is not taken, and keeps its place.
 */
export const take = (table: JobTable, lane: string, now: number, taker: TakeOptions): JobRow | undefined => {
  const [first] = table.active(lane)
  if (first === undefined || first.dueAt > now || !taker.canRead(first)) return undefined
  if (first.state === "running" && first.stop === null) {
    const attempts = first.attempts - (isReview(first) ? 1 : 0)
    const losses = first.losses + (taker.runs === "in-process" ? 1 : 0)
    const rest = taker.runs === "in-process" ? restMillis(losses) : 0
    giveBack(table, { ...first, ...notWaiting, attempts, losses, dueAt: now + rest }, now)
    return take(table, lane, now, taker)
  }
  const begins = first.state === "waiting" && isReview(first)
  const row: JobRow = {
    ...first,
    state: "running",
    attempts: first.attempts + (begins ? 1 : 0),
    epoch: table.tick(),
    owner: taker.owner,
    dueAt: now + taker.leaseMillis,
    ...notWaiting
  }
  table.update(row)
  return row
}

/** Renews a valid lease, and notes the service that its run waits for. The answer says if the run should stop. */
export const renew = (
  table: JobTable,
  claim: FencingToken,
  now: number,
  { leaseMillis, waitsFor = null }: { readonly leaseMillis: number; readonly waitsFor?: string | null | undefined }
): RenewalResult => {
  const row = held(table, claim)
  if (row === undefined) return "lost"
  const since = waitsFor === row.waitsFor ? row.waitsSince : now
  table.update({ ...row, dueAt: now + leaseMillis, waitsFor, waitsSince: waitsFor === null ? null : since })
  return row.stop ?? "kept"
}

/** Ends a run that used no attempt: the next run has the same attempt, and its own number. */
const withoutAttempt = (row: JobRow): JobRow =>
  isReview(row) ? { ...row, attempts: row.attempts - 1, earlier: row.earlier + 1 } : row

/** Stores a failure. That of a notice stays the one that the notice is about. */
const failed = (row: JobRow, failure: Failure): JobRow =>
  isReview(row) ? { ...row, failure: encodeFailure(failure) } : row

const finish = (table: JobTable, row: JobRow, outcome: JobOutcome, now: number): void => {
  if (row.again && row.stop === null && !isOfItsHead(row.event, outcome)) {
    const afresh: JobRow = { ...row, ...untried, earlier: row.earlier + row.attempts, task: "review", again: false }
    giveBack(table, { ...afresh, since: now }, now)
  } else {
    const done = ended(row, "done", now)
    table.update({ ...done, task: "review", stop: null, failure: null, outcome: JSON.stringify(outcome) }, "")
  }
}

/** Ends a valid lease with a decision about its job. False if the lease was lost. */
export const settle = (table: JobTable, claim: FencingToken, settlement: Settlement, now: number): boolean => {
  const running = held(table, claim)
  if (running === undefined) return false
  const row = { ...running, ...notWaiting }
  if (row.stop !== null && settlement._tag !== "Done" && settlement._tag !== "Park") {
    requeueStopped(table, row)
    return true
  }
  const after = (delay: Duration.Duration) => now + Duration.toMillis(delay)
  Settlement.match(settlement, {
    Done: ({ outcome }) => finish(table, row, outcome, now),
    Park: ({ failure }) => {
      if (row.stop !== "superseded") return park(table, failure === undefined ? row : failed(row, failure), now)
      const newer = waitingLifecycle(table.active(row.lane))
      if (newer === undefined) retire(table, row, null, now)
      else supersede(table, row, newer, now)
    },
    Retry: ({ delay, failure }) => giveBack(table, { ...failed(row, failure), dueAt: after(delay) }, now),
    Wait: ({ delay, failure, service }) => {
      const waiting = { ...withoutAttempt(failed(row, failure)), waitsFor: service, waitsSince: now }
      giveBack(table, { ...waiting, dueAt: after(delay) }, now)
    },
    Lose: ({ failure }) => {
      const losses = row.losses + 1
      giveBack(table, { ...withoutAttempt(failed(row, failure)), losses, dueAt: now + restMillis(losses) }, now)
    },
    Rerun: ({ delay, failure }) =>
      giveBack(table, { ...withoutAttempt(failed(row, failure)), dueAt: after(delay) }, now),
    GiveUp: ({ failure }) => {
      const task = isReview(row) ? "given-up" : row.task
      table.update({ ...failed(row, failure), task, state: "waiting", owner: null, dueAt: 0 })
    },
    Release: () => giveBack(table, { ...row, attempts: row.attempts - (isReview(row) ? 1 : 0), dueAt: 0 }, now)
  })
  return true
}

/**
 * Shortens the waits and leases of a lane because the store's clock was set back: those that began before would last as
 * much longer. A wait that began since is mostly shorter than half of that, and is left; so is a lease, whatever the
 * clocks of two servers differ by. Returns the number of the jobs.
 */
export const shorten = (
  table: JobTable,
  lane: string,
  now: number,
  { leaseMillis, setBack }: { readonly leaseMillis: number; readonly setBack: number }
): number => {
  const tooLong = table.active(lane).filter(({ dueAt, state }) =>
    dueAt > now + setBack / 2 + (state === "running" ? leaseMillis : 0)
  )
  for (const row of tooLong) table.update({ ...row, dueAt: row.dueAt - setBack })
  return tooLong.length
}
