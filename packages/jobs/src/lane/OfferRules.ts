import { type Command, usesModel } from "@nominal-code/domain/command/Command"
import { commandOf } from "@nominal-code/domain/command/CommandParser"
import { eventKeyOf, type Job } from "@nominal-code/domain/job/Job"
import type { SigningKey } from "@nominal-code/domain/job/JobSignature"
import { offeredLaneKey } from "@nominal-code/domain/job/Lane"
import { Option } from "effect"
import { OfferResult, type QueueLimits } from "../JobQueue.ts"
import type { JobRow, JobTable } from "../table/JobTable.ts"
import * as StoredJob from "../table/StoredJob.ts"
import { coversEvent } from "./Dedup.ts"
import {
  inheriting,
  isLifecycleReview,
  isReview,
  park,
  retire,
  standingFor,
  waitingComments,
  waitingLifecycle
} from "./JobTransitions.ts"

/*
 * Acceptance of a job into its lane, as steps on a table. An offer is called inside one transaction, and is the whole of
 * it.
 */

/** A job that is offered, with its stored form. */
export interface OfferedJob {
  readonly row: Pick<JobRow, "id" | "lane" | "delivery" | "event" | "lifecycle">
  readonly payload: string
  readonly command: Command["_tag"]
  /** True for a request to stop the lane's reviews, of somebody who certainly may ask. */
  readonly cancels: boolean
}

/** Makes the form in which a job is offered to a table. */
export const offered = (job: Job, keys: ReadonlyArray<SigningKey>): OfferedJob => {
  const command = commandOf(job)._tag
  const place = { id: job.id, lane: offeredLaneKey(job.lane) }
  return {
    row: {
      ...place,
      delivery: job.delivery,
      event: eventKeyOf(job.event),
      lifecycle: job.event._tag === "Lifecycle"
    },
    payload: StoredJob.sign(keys, place, StoredJob.encode(job)),
    command,
    cancels: command === "Cancel" && job.unverified !== true
  }
}

const accepted = (jobId: string): OfferResult => ({ _tag: "Accepted", jobId })

type Limits = Pick<typeof QueueLimits["Service"], "laneCapacity" | "onPush">

const neverRun = { earlier: 0, attempts: 0, epoch: 0 }

/** Task of a new job. A command does not wait for a model, nor behind those that do. */
export const taskOf = (command: Command["_tag"]): "review" | "command" => usesModel(command) ? "review" : "command"

/** Resets a job so that it waits as if it had just been accepted. */
export const asNewlyAccepted = (
  table: Pick<JobTable, "tick">,
  { attempts, delivery, earlier, epoch, event, id, lane, lifecycle, receivedAt, task }:
    & OfferedJob["row"]
    & Pick<JobRow, "earlier" | "attempts" | "epoch" | "receivedAt" | "task">,
  now: number
): JobRow => ({
  id,
  position: table.tick(),
  lane,
  delivery,
  event,
  lifecycle,
  state: "waiting",
  task,
  failure: null,
  waitsFor: null,
  waitsSince: null,
  attempts: 0,
  earlier: earlier + attempts,
  losses: 0,
  dueAt: 0,
  epoch,
  owner: null,
  stop: null,
  again: false,
  supersededBy: null,
  stoodFor: null,
  outcome: null,
  receivedAt,
  since: now,
  endedAt: null
})

/** Row of a job that is not known. */
const newRow = (table: Pick<JobTable, "tick">, { command, row }: OfferedJob, now: number): JobRow =>
  asNewlyAccepted(table, { ...neverRun, ...row, receivedAt: now, task: taskOf(command) }, now)

const store = (table: JobTable, row: JobRow, payload: string, isKnown: boolean): void =>
  isKnown ? table.update(row, payload) : table.insert(row, payload)

/**
 * Rejects a job of a full lane. The pull request gets one notice, however many jobs are rejected before it is posted.
 */
const rejectFull = (
  active: ReadonlyArray<JobRow>,
  fresh: () => JobRow,
  put: (row: JobRow) => void
): OfferResult => {
  const told = !active.some(({ task }) => task === "busy")
  if (told) put({ ...fresh(), task: "busy" })
  return OfferResult.cases.Full.make({ waiting: waitingComments(active), told })
}

/**
 * Cancels the jobs of a lane that use a model: parks those that wait, and marks the one that runs. Notices and other
 * commands stay.
 */
const cancelReviews = (table: JobTable, active: ReadonlyArray<JobRow>, now: number): void => {
  for (const row of active) {
    const job = StoredJob.decode(table.payload(row.id, row.lane))
    if (!isReview(row) || !Option.exists(job, (one) => usesModel(commandOf(one)._tag))) continue
    if (row.state === "running") table.update({ ...row, stop: "cancelled" })
    else park(table, { ...row, stop: "cancelled" }, now)
  }
}

/**
 * Stores a job, unless its event is known. A request to stop the lane's reviews stops them with the same write, so it
 * does not wait behind them.
 */
export const offer = (
  table: JobTable,
  offered: OfferedJob,
  now: number,
  limits: Limits
): OfferResult => {
  const { cancels, command, payload, row } = offered
  if (!table.knows(row)) {
    table.insert(newRow(table, offered, now), payload)
    return accepted(row.id)
  }
  const unreadable = table.unreadableTwin(row)
  if (unreadable !== undefined) return OfferResult.cases.Duplicate.make({ jobId: unreadable })
  const known = table.byId(row.id)
  if (known !== undefined && known.state !== "parked") return OfferResult.cases.Duplicate.make({ jobId: known.id })
  const twin = table.byEvent(row.lane, row.event)
  if (twin !== undefined && twin.id !== row.id && coversEvent(twin)) {
    // The head may have changed since it looked: it looks again unless it reviews this one.
    if (twin.lifecycle && twin.state === "running") table.update({ ...twin, again: true })
    return OfferResult.cases.Duplicate.make({ jobId: twin.id })
  }

  if (cancels) cancelReviews(table, table.active(row.lane), now)
  const active = table.active(row.lane)
  const fresh = () =>
    asNewlyAccepted(
      table,
      { ...neverRun, receivedAt: now, ...known, ...row, task: taskOf(command) },
      now
    )
  const put = (one: JobRow) => store(table, one, payload, known !== undefined)
  if (!row.lifecycle) {
    if (waitingComments(active) >= limits.laneCapacity) return rejectFull(active, fresh, put)
    put(fresh())
    return accepted(row.id)
  }

  const running = active.find(({ state }) => state === "running")
  const stops = limits.onPush === "supersede" && row.event.startsWith("pr_push:")
  if (stops && running !== undefined && isLifecycleReview(running) && running.stop === null) {
    table.update({ ...running, stop: "superseded" })
  }
  const pending = waitingLifecycle(active)
  if (pending === undefined) {
    put(fresh())
    return accepted(row.id)
  }
  const inherited = inheriting(table, pending, payload)
  retire(table, pending, row.id, now)
  store(table, { ...fresh(), stoodFor: standingFor(null, pending) }, inherited, known !== undefined)
  return OfferResult.cases.Accepted.make({ jobId: row.id, superseded: pending.id })
}
