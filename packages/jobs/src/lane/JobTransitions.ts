import { isAutomatic } from "@nominal-code/domain/event/PullRequestEvent"
import { Option } from "effect"
import type { JobRow, JobTable } from "../table/JobTable.ts"
import * as StoredJob from "../table/StoredJob.ts"

/*
 * States of a job's row, and the steps between them that offers, leases and requests of an operator share.
 */

/** Number of superseded jobs that a job lists. */
const maxStoodFor = 50

const isWaiting = ({ state }: JobRow): boolean => state === "waiting"

/** True for the job itself, a review or a command, and not a notice about it. */
export const isReview = ({ task }: JobRow): boolean => task === "review" || task === "command"

/** True for the review that a lifecycle event asks for: a lane has one that waits at most. */
export const isLifecycleReview = (row: JobRow): boolean => row.lifecycle && isReview(row)

/** The lifecycle job that waits in a lane, if any: there is never more than one. */
export const waitingLifecycle = (active: ReadonlyArray<JobRow>): JobRow | undefined =>
  active.find((row) => isWaiting(row) && isLifecycleReview(row))

/** Number of a lane's comments that wait for their answers. */
export const waitingComments = (active: ReadonlyArray<JobRow>): number =>
  active.filter((row) => isWaiting(row) && isReview(row) && !row.lifecycle).length

/** Fields of a job that waits for no service. */
export const notWaiting = { waitsFor: null, waitsSince: null }

/** Fields of a job without attempts. Numbers that must not be used twice are not reset. */
export const untried = { ...notWaiting, attempts: 0, losses: 0, dueAt: 0, owner: null, failure: null }

/** Row of a job that has ended. */
export const ended = (row: JobRow, state: "done" | "superseded" | "parked", now: number): JobRow => ({
  ...row,
  ...notWaiting,
  state,
  owner: null,
  again: false,
  dueAt: 0,
  since: 0,
  endedAt: now
})

/** Ends a job without a review. */
export const park = (table: JobTable, row: JobRow, now: number): void => table.update(ended(row, "parked", now))

/** Ids that a job lists when it supersedes another one: those that either listed, and the other one's own. */
export const standingFor = (before: string | null, { id, stoodFor }: Pick<JobRow, "id" | "stoodFor">): string =>
  [before, stoodFor, id].flatMap((ids) => ids?.split(" ") ?? []).slice(-maxStoodFor).join(" ")

/** Ends a job that another one supersedes. */
export const retire = (table: JobTable, row: JobRow, by: JobRow["supersededBy"], now: number): void =>
  table.update(
    { ...ended(row, "superseded", now), stop: null, failure: null, stoodFor: null, supersededBy: by },
    ""
  )

/**
 * Stored form of a job that supersedes another. If that one was to review its head again, so does this one, unless that
 * one has posted its review by then: it names it. If somebody had asked for that one, this one is asked for, too.
 */
export const inheriting = (table: JobTable, { id }: JobRow, newer: string): string => {
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
export const supersede = (table: JobTable, row: JobRow, newer: JobRow, now: number): void => {
  const payload = inheriting(table, row, table.payload(newer.id))
  retire(table, row, newer.id, now)
  table.update({ ...newer, stoodFor: standingFor(newer.stoodFor, row) }, payload)
}
