import { commandOf } from "@nominal-code/domain/command/CommandParser"
import type { SigningKey } from "@nominal-code/domain/job/JobSignature"
import { Option } from "effect"
import type { JobState } from "../JobRecords.ts"
import { JobRequestResult } from "../QueueAdmin.ts"
import * as JobSigners from "../signature/JobSigners.ts"
import type { JobTable } from "../table/JobTable.ts"
import * as StoredJob from "../table/StoredJob.ts"
import { coversEvent } from "./Dedup.ts"
import { park, waitingComments, waitingLifecycle } from "./JobTransitions.ts"
import { asNewlyAccepted, taskOf } from "./OfferRules.ts"

/*
 * Requests of people about a job, as steps on a table. Each is called inside one transaction, and is the whole of it.
 */

const refused = (reason: string): JobRequestResult => JobRequestResult.cases.Refused.make({ reason })

/** Refusals of requests about a job. */
export const refusals = {
  state: (state: JobState, supersededBy: string | null) =>
    refused(
      state === "superseded" && supersededBy !== null
        ? `it was replaced: job ${supersededBy} is newer`
        : `it is ${state}`
    ),
  newer: (id: string) => refused(`job ${id} waits, and does the same for the newest commit`),
  same: (id: string) => refused(`job ${id} answers the same event`),
  unsigned: (keys: ReadonlyArray<SigningKey>) => refused(JobSigners.missingKeyError("QueueAdmin.retry", keys).message),
  full: (waiting: number) => refused(`${waiting} jobs of its pull request wait already`)
}

export interface RetryOptions {
  readonly laneCapacity: number
  /** The keys of this process, and the signers of the queue's jobs. */
  readonly keys: ReadonlyArray<SigningKey>
  readonly signers: string
}

/** Queues a parked job again. A job that waits for a service, or after a failed attempt, is due at once. */
export const retry = (
  table: JobTable,
  id: string,
  now: number,
  { keys, laneCapacity, signers }: RetryOptions
): JobRequestResult => {
  const row = table.byId(id)
  if (row === undefined) return JobRequestResult.cases.Unknown.make({})
  if (row.state === "waiting" && row.dueAt > now) {
    table.update({ ...row, dueAt: 0, waitsFor: null, waitsSince: null })
    return JobRequestResult.cases.Done.make({})
  }
  if (row.state !== "parked") return refusals.state(row.state, row.supersededBy)
  const active = table.active(row.lane)
  const newer = row.lifecycle ? waitingLifecycle(active) : undefined
  if (newer !== undefined) return refusals.newer(newer.id)
  const twin = table.byEvent(row.lane, row.event)
  if (twin !== undefined && twin.id !== id && coversEvent(twin)) return refusals.same(twin.id)
  const waiting = waitingComments(active)
  if (!row.lifecycle && waiting >= laneCapacity) return refusals.full(waiting)
  const payload = table.payload(id)
  const signer = StoredJob.signerOf(payload)
  const isOurs = keys.length === 0 ? signer !== undefined : StoredJob.origin(keys, row, payload) === "ours"
  if (signers !== "" && !isOurs && !JobSigners.isSignerAccepted(signers, keys)) return refusals.unsigned(keys)
  const job = StoredJob.decode(payload)
  const task = Option.match(job, {
    onNone: () => "review" as const,
    onSome: (one) => taskOf(commandOf(one)._tag)
  })
  table.update(
    { ...asNewlyAccepted(table, { ...row, task }, now), stoodFor: row.stoodFor },
    isOurs || payload === "" ? payload : StoredJob.sign(keys, row, payload)
  )
  return JobRequestResult.cases.Done.make({})
}

/** Cancels a job: parks a waiting one, marks a running one. */
export const cancel = (table: JobTable, id: string, now: number): JobRequestResult => {
  const row = table.byId(id)
  if (row === undefined) return JobRequestResult.cases.Unknown.make({})
  if (row.state === "running") {
    table.update({ ...row, stop: "cancelled" })
    return JobRequestResult.cases.Stopping.make({})
  }
  if (row.state !== "waiting") return refusals.state(row.state, row.supersededBy)
  park(table, { ...row, stop: "cancelled" }, now)
  return JobRequestResult.cases.Done.make({})
}
