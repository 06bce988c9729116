import { type Command, usesModel } from "@nominal-code/domain/command/Command"
import { commandOf } from "@nominal-code/domain/command/CommandParser"
import { isAutomatic } from "@nominal-code/domain/event/PullRequestEvent"
import { Failure } from "@nominal-code/domain/job/Failure"
import { eventKeyOf, type Job, JobOutcome, reviewedHead } from "@nominal-code/domain/job/Job"
import type { SigningKey } from "@nominal-code/domain/job/JobSignature"
import { laneKey } from "@nominal-code/domain/job/Lane"
import { Duration, Option, Schema } from "effect"
import { OfferResult, type QueueLimits, type RenewalResult, type RunLocation, Settlement } from "../JobQueue.ts"
import type { JobRow, JobTable } from "../table/JobTable.ts"
import * as StoredJob from "../table/StoredJob.ts"

/*
 * Transitions of a job, as steps on a table. Each is called inside one transaction, and is the whole of it.
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
  const place = { id: job.id, lane: laneKey(job.lane) }
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

/** Fencing token of a lease: the lane, the job and the epoch. */
export interface FencingToken {
  readonly lane: string
  readonly id: string
  readonly epoch: number
}

const accepted = (jobId: string): OfferResult => ({ _tag: "Accepted", jobId })

type Limits = Pick<typeof QueueLimits["Service"], "laneCapacity" | "onPush">

const OutcomeJson = Schema.fromJsonString(JobOutcome)
const decodeOutcome = Schema.decodeOption(OutcomeJson)
const FailureJson = Schema.fromJsonString(Failure)
const encodeFailure = Schema.encodeSync(FailureJson)
const decodeFailure = Schema.decodeOption(FailureJson)

/** Number of superseded jobs that a job lists. */
const maxStoodFor = 50

/**
 * Rest of a job after so many losses, in milliseconds. A job that its process did not survive may be what kills it, so it
 * waits ever longer and others get their turn. What kills the process for another reason, again and again, meets it less
 * often in that time. Half an hour at most: about fifty runs in a day, after which the job is given up wherever it runs.
 */
export const restMillis = (losses: number): number => losses < 2 ? 0 : Math.min(10_000 * 3 ** (losses - 2), 1_800_000)

const isWaiting = ({ state }: JobRow): boolean => state === "waiting"
/** True for the job itself, a review or a command, and not a notice about it. */
const isReview = ({ task }: JobRow): boolean => task === "review" || task === "command"
const isLifecycleReview = (row: JobRow): boolean => row.lifecycle && isReview(row)

/** The lifecycle job that waits in a lane, if any: there is never more than one. */
export const waitingLifecycle = (active: ReadonlyArray<JobRow>): JobRow | undefined =>
  active.find((row) => isWaiting(row) && isLifecycleReview(row))

/** Number of a lane's comments that wait for their answers. */
export const waitingComments = (active: ReadonlyArray<JobRow>): number =>
  active.filter((row) => isWaiting(row) && isReview(row) && !row.lifecycle).length

/** Fields of a job that waits for no service. */
const notWaiting = { waitsFor: null, waitsSince: null }

const ended = (row: JobRow, state: "done" | "superseded" | "parked", now: number): JobRow => ({
  ...row,
  ...notWaiting,
  state,
  owner: null,
  again: false,
  dueAt: 0,
  since: 0,
  endedAt: now
})

const standingFor = (before: string | null, { id, stoodFor }: Pick<JobRow, "id" | "stoodFor">): string =>
  [before, stoodFor, id].flatMap((ids) => ids?.split(" ") ?? []).slice(-maxStoodFor).join(" ")

const retire = (table: JobTable, row: JobRow, by: JobRow["supersededBy"], now: number): void =>
  table.update(
    { ...ended(row, "superseded", now), stop: null, failure: null, stoodFor: null, supersededBy: by },
    ""
  )

/**
 * Stored form of a job that supersedes another. If that one was to review its head again, so does this one, unless that
 * one has posted its review by then: it names it. If somebody had asked for that one, this one is asked for, too.
 */
const inheriting = (table: JobTable, { id }: JobRow, newer: string): string => {
  const jobs = Option.all({ before: StoredJob.decode(table.payload(id)), after: StoredJob.decode(newer) })
  if (Option.isNone(jobs)) return newer
  const { after, before } = jobs.value
  if (before.event._tag === "Comment" || after.event._tag === "Comment") return newer
  const isAgain = before.event.again !== undefined && after.event.again === undefined
  const isAsked = !isAutomatic(before.event) && isAutomatic(after.event)
  if (!isAgain && !isAsked) return newer
  return StoredJob.inheriting(newer, {
    ...(isAgain ? { again: standingFor(before.event.again ?? null, { id, stoodFor: null }) } : {}),
    ...(isAsked ? { asked: true } : {})
  })
}

/** Supersedes a job by a newer one, which lists it. */
const supersede = (table: JobTable, row: JobRow, newer: JobRow, now: number): void => {
  const payload = inheriting(table, row, table.payload(newer.id))
  retire(table, row, newer.id, now)
  table.update({ ...newer, stoodFor: standingFor(newer.stoodFor, row) }, payload)
}

/** Queues a job again after a run, unless a newer lifecycle job waits by now and supersedes it. */
const giveBack = (table: JobTable, row: JobRow, now: number): void => {
  const newer = isLifecycleReview(row) ? waitingLifecycle(table.active(row.lane)) : undefined
  if (newer === undefined) table.update({ ...row, state: "waiting", owner: null })
  else supersede(table, row, newer, now)
}

/** Queues a stopped job for the holder that ends the rest of its run. Its lease has ended, so its epoch has too. */
const requeueStopped = (table: JobTable, row: JobRow): void =>
  table.update({ ...row, epoch: table.tick(), owner: null, dueAt: 0 })

/** Fields of a job without attempts. Numbers that must not be used twice are not reset. */
const untried = { ...notWaiting, attempts: 0, losses: 0, dueAt: 0, owner: null, failure: null }

const neverRun = { earlier: 0, attempts: 0, epoch: 0 }

/** Task of a new job. A command does not wait for a model, nor behind those that do. */
export const taskOf = (command: Command["_tag"]): "review" | "command" => usesModel(command) ? "review" : "command"

/** Resets a job so that it waits as if it had just been accepted. */
export const asNewlyAccepted = (
  table: Pick<JobTable, "tick">,
  row: OfferedJob["row"] & Pick<JobRow, "earlier" | "attempts" | "epoch" | "receivedAt" | "task">,
  now: number
): JobRow => ({
  ...row,
  ...untried,
  position: table.tick(),
  state: "waiting",
  earlier: row.earlier + row.attempts,
  stop: null,
  again: false,
  supersededBy: null,
  stoodFor: null,
  outcome: null,
  since: now,
  endedAt: null
})

/** Row of a job that is not known. */
export const newRow = (table: Pick<JobTable, "tick">, { command, row }: OfferedJob, now: number): JobRow =>
  asNewlyAccepted(table, { ...neverRun, ...row, receivedAt: now, task: taskOf(command) }, now)

/** True if the event's own head was reviewed. A run that saw another head does not count. */
const isOfItsHead = (event: string, outcome: JobOutcome): boolean =>
  event.endsWith(`:${reviewedHead(outcome) ?? "none"}`)

/** True if a job covers another delivery of its event: it does, or has done, what that asks for. */
export const coversEvent = ({ event, lifecycle, outcome, state, task }: JobRow): boolean => {
  if (state === "waiting" || state === "running") return !lifecycle || task === "review" || task === "command"
  if (state !== "done") return false
  return !lifecycle ||
    Option.exists(Option.flatMap(Option.fromNullOr(outcome), decodeOutcome), (one) => isOfItsHead(event, one))
}

/** True if a lifecycle job of the lane waits or runs, or if the event's job covers another delivery of it. */
export const knowsEvent = (table: JobTable, lane: string, event: string): boolean => {
  const job = table.byEvent(lane, event)
  return table.active(lane).some(isLifecycleReview) || job !== undefined && coversEvent(job)
}

/** True if a job was refused because no server has signed it. It answers no event: that may have come all the same. */
export const isRefused = ({ failure, state }: JobRow): boolean =>
  state === "parked" &&
  Option.exists(Option.flatMap(Option.fromNullOr(failure), decodeFailure), ({ _tag }) => _tag === "Unsigned")

/** Finds the row of a valid lease. An expired lease stays valid until somebody else takes the lane. */
const held = (table: JobTable, { epoch, id, lane }: FencingToken): JobRow | undefined =>
  table.active(lane).find((row) => row.id === id && row.state === "running" && row.epoch === epoch)

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

export const park = (table: JobTable, row: JobRow, now: number): void => table.update(ended(row, "parked", now))

/** Ends a run that used no attempt: the next run has the same attempt, and its own number. */
const withoutAttempt = (row: JobRow): JobRow =>
  isReview(row) ? { ...row, attempts: row.attempts - 1, earlier: row.earlier + 1 } : row

/** Stores a failure. That of a notice stays the one that the notice is about. */
const failed = (row: JobRow, failure: Failure): JobRow =>
  isReview(row) ? { ...row, failure: encodeFailure(failure) } : row

const finish = (table: JobTable, row: JobRow, outcome: JobOutcome, now: number): void => {
  if (row.again && row.stop === null && !isOfItsHead(row.event, outcome)) {
    giveBack(table, { ...row, ...untried, earlier: row.earlier + row.attempts, again: false, since: now }, now)
  } else {
    const done = ended(row, "done", now)
    table.update({ ...done, task: "review", stop: null, failure: null, outcome: JSON.stringify(outcome) }, "")
  }
}

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
