import { JobOutcome } from "@nominal-code/domain/Job"
import { Duration, Schema } from "effect"
import { Handled, Offered, type Renewed, Settlement } from "./JobQueue.ts"
import type { JobRow, JobTable } from "./JobTable.ts"

/*
 * What may become of a job, as steps on a table. Each is called inside one transaction, and is the whole of it.
 */

/** A job that is offered, with its stored form. */
export interface Candidate {
  readonly row: Pick<JobRow, "id" | "lane" | "platform" | "delivery" | "lifecycle">
  readonly payload: string
}

/** Names a lease: one job under one epoch. */
export interface Claim {
  readonly id: string
  readonly epoch: number
}

const encodeOutcome = Schema.encodeSync(Schema.fromJsonString(JobOutcome))

// A job that its process did not survive may be what kills it, so it waits ever longer and others get their turn.
const restMillis = (losses: number): number => losses < 3 ? 0 : Math.min(1000 * 2 ** (losses - 3), 10_000)

/** Why a job is parked whose payload means nothing to this program. */
export const unreadable = "its stored form cannot be read by this version of the program"

/** Why a cancelled job is parked; and while it still runs, what marks it. */
export const cancelled = "cancelled"

/** Whether somebody has cancelled a job that runs. */
export const isCancelled = ({ reason, state }: JobRow): boolean => state === "running" && reason === cancelled

const waitingLifecycle = (rows: ReadonlyArray<JobRow>): JobRow | undefined =>
  rows.find(({ lifecycle, state }) => lifecycle && state === "waiting")

const ended = (row: JobRow, state: "done" | "superseded" | "parked", now: number, reason: string | null): JobRow => ({
  ...row,
  state,
  reason,
  owner: null,
  endedAt: now
})

const superseded = (row: JobRow, by: string, now: number): JobRow => ended(row, "superseded", now, `job ${by} is newer`)

/** A job that ran waits again in its old place; unless a newer push waits by now, which makes it needless. */
const giveBack = (table: JobTable, row: JobRow, now: number): void => {
  const newer = row.lifecycle ? waitingLifecycle(table.active(row.lane)) : undefined
  table.update(newer === undefined ? { ...row, state: "waiting", owner: null } : superseded(row, newer.id, now))
}

/** A cancelled job waits for nobody but whoever ends what is left of its run. Its lease is over, so the epoch is too. */
const handOn = (table: JobTable, row: JobRow): void =>
  table.update({ ...row, epoch: table.tick(), owner: null, dueAt: 0 })

/** A job that waits as if nobody had tried it; but for the numbers that must not be given twice. */
const afresh = (
  table: JobTable,
  row: Candidate["row"] & Pick<JobRow, "earlier" | "attempts" | "epoch">
): JobRow => ({
  ...row,
  position: table.tick(),
  state: "waiting",
  earlier: row.earlier + row.attempts,
  attempts: 0,
  losses: 0,
  // Not the present: the clock may be set back.
  dueAt: 0,
  owner: null,
  reason: null,
  outcome: null,
  endedAt: null
})

/** The row under a lease that still stands. One that has run out stands until somebody else takes the lane. */
const held = (table: JobTable, { epoch, id }: Claim): JobRow | undefined => {
  const row = table.byId(id)
  return row?.state === "running" && row.epoch === epoch ? row : undefined
}

export const offer = (table: JobTable, { payload, row }: Candidate, now: number, capacity: number): Offered => {
  const known = table.byDelivery(row.platform, row.delivery)
  if (known !== undefined && known.state !== "parked") return Offered.cases.Duplicate.make({ jobId: known.id })

  const waiting = table.active(row.lane).filter(({ state }) => state === "waiting")
  const pending = row.lifecycle ? waitingLifecycle(waiting) : undefined
  if (known !== undefined && pending !== undefined && known.position < pending.position) {
    table.update(superseded(known, pending.id, now))
    return Offered.cases.Accepted.make({ jobId: pending.id, superseded: known.id })
  }
  if (waiting.length - (pending === undefined ? 0 : 1) >= capacity) {
    return Offered.cases.Full.make({ waiting: waiting.length })
  }

  if (pending !== undefined) table.update(superseded(pending, row.id, now))
  const fresh = afresh(table, { earlier: 0, attempts: 0, epoch: 0, ...known, ...row })
  if (known === undefined) table.insert(fresh, payload)
  else table.update(fresh, payload)
  return Offered.cases.Accepted.make({
    jobId: row.id,
    ...(pending === undefined ? {} : { superseded: pending.id })
  })
}

export interface Taker {
  readonly owner: string
  readonly leaseMillis: number
}

/** Takes the lane's head; a lease of it that has run out is lost by this. */
export const take = (table: JobTable, lane: string, now: number, { leaseMillis, owner }: Taker): JobRow | undefined => {
  const [first] = table.active(lane)
  if (first === undefined || first.dueAt > now) return undefined
  if (first.state === "running" && !isCancelled(first)) {
    const losses = first.losses + 1
    giveBack(table, { ...first, attempts: first.attempts - 1, losses, dueAt: now + restMillis(losses) }, now)
    return take(table, lane, now, { leaseMillis, owner })
  }
  const begins = first.state === "waiting"
  const row: JobRow = {
    ...first,
    state: "running",
    attempts: first.attempts + (begins ? 1 : 0),
    epoch: table.tick(),
    owner,
    dueAt: now + leaseMillis,
    // What failed for a reason of that name was not cancelled by anybody.
    reason: begins && first.reason === cancelled ? null : first.reason
  }
  table.update(row)
  return row
}

export const renew = (table: JobTable, claim: Claim, now: number, leaseMillis: number): Renewed => {
  const row = held(table, claim)
  if (row === undefined) return "lost"
  table.update({ ...row, dueAt: now + leaseMillis })
  return isCancelled(row) ? "cancelled" : "kept"
}

export const park = (table: JobTable, row: JobRow, now: number, reason: string): void =>
  table.update(ended(row, "parked", now, reason))

export const settle = (table: JobTable, claim: Claim, settlement: Settlement, now: number): boolean => {
  const row = held(table, claim)
  if (row === undefined) return false
  Settlement.match(settlement, {
    Done: ({ outcome }) => table.update({ ...ended(row, "done", now, null), outcome: encodeOutcome(outcome) }),
    Park: ({ reason }) => park(table, row, now, reason),
    Retry: ({ delay, reason }) =>
      isCancelled(row)
        ? handOn(table, row)
        : giveBack(table, { ...row, reason, dueAt: now + Duration.toMillis(delay) }, now),
    Release: () =>
      isCancelled(row) ? handOn(table, row) : giveBack(table, { ...row, attempts: row.attempts - 1, dueAt: 0 }, now)
  })
  return true
}

const refused = (reason: string): Handled => Handled.cases.Refused.make({ reason })

/** Why a request about a job is refused. */
export const refusals = {
  state: (state: string, reason: string | null) =>
    refused(state === "superseded" ? `it was replaced: ${reason}` : `it is ${state}`),
  newer: (id: string) => refused(`job ${id} waits, and does the same for the newest commit`),
  full: (waiting: number) => refused(`${waiting} jobs of its pull request wait already`)
}

export const retry = (table: JobTable, id: string, capacity: number): Handled => {
  const row = table.byId(id)
  if (row === undefined) return Handled.cases.Unknown.make({})
  if (row.state !== "parked" && row.state !== "done") return refusals.state(row.state, row.reason)
  const waiting = table.active(row.lane).filter(({ state }) => state === "waiting")
  const newer = row.lifecycle ? waitingLifecycle(waiting) : undefined
  if (newer !== undefined) return refusals.newer(newer.id)
  if (waiting.length >= capacity) return refusals.full(waiting.length)
  table.update(afresh(table, row))
  return Handled.cases.Done.make({})
}

export const cancel = (table: JobTable, id: string, now: number): Handled => {
  const row = table.byId(id)
  if (row === undefined) return Handled.cases.Unknown.make({})
  if (row.state === "running") {
    table.update({ ...row, reason: cancelled })
    return Handled.cases.Stopping.make({})
  }
  if (row.state !== "waiting") return refusals.state(row.state, row.reason)
  park(table, row, now, cancelled)
  return Handled.cases.Done.make({})
}
