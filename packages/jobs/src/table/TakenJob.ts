import { SigningKeys } from "@nominal-code/domain/job/JobSignature"
import { type Lane, laneKey } from "@nominal-code/domain/job/Lane"
import { Duration, Effect, Option } from "effect"
import type { Lease } from "../JobQueue.ts"
import * as LeaseRules from "../lane/LeaseRules.ts"
import type { JobRow, JobTable } from "./JobTable.ts"
import * as StoredJob from "./StoredJob.ts"
import * as TableRecords from "./TableRecords.ts"

/** Result of a take. */
export interface TakenJob {
  readonly row: JobRow | undefined
  /** True if the lane is as it was before. */
  readonly unchanged: boolean
  readonly read: (TableRecords.DecodedJob & Pick<Lease, "isForged">) | undefined
  /** The job of the lane that this program cannot read, its head or one whose row cannot be read, and the reason. */
  readonly unread: { readonly id: string; readonly reason: string } | undefined
}

/** Result of a take that found nothing to run. */
export const none: TakenJob = { row: undefined, unchanged: true, read: undefined, unread: undefined }

const reasons = {
  version: "was stored by another version of this program, and is left to it",
  row: "cannot be read, and its lane waits for a program that can",
  key:
    "is signed with a key that jobs.signing_key (JOBS_SIGNING_KEY) does not name, and is left to a server that has it"
}

/** Makes the take of a lane's head, for every store. */
export const make = Effect.gen(function*() {
  const keys = yield* SigningKeys
  // The jobs that were found unreadable: said once, and they are left to a program that can read them.
  const left = new Set<string>()

  const take = (
    table: JobTable,
    lane: string,
    now: number,
    options: Omit<LeaseRules.TakeOptions, "canRead">
  ): TakenJob => {
    const blocking = table.unreadable(lane)
    if (blocking !== undefined) {
      return { ...none, unread: { id: blocking.id, reason: `${reasons.row}: ${blocking.reason}` } }
    }
    let unread: TakenJob["unread"]
    let read: TakenJob["read"]
    const canRead = (row: JobRow) => {
      const payload = table.payload(row.id, row.lane)
      const origin = StoredJob.origin(keys, row, payload)
      const decoded = origin === "foreign" ? undefined : TableRecords.decodeRow(row, payload)
      unread = { id: row.id, reason: origin === "foreign" ? reasons.key : reasons.version }
      if (decoded === undefined) return false
      unread = undefined
      const isItsOwn = decoded.job.id === row.id && laneKey(decoded.job.lane) === row.lane
      read = { ...decoded, isForged: keys.length > 0 && !(origin === "ours" && isItsOwn) }
      return true
    }
    const [head] = table.active(lane)
    const row = LeaseRules.take(table, lane, now, { ...options, canRead })
    return { row, unchanged: table.active(lane)[0] === head, read, unread }
  }

  const leaseOf = (lane: Lane, { read }: TakenJob, row: JobRow | undefined, now: number): Option.Option<Lease> =>
    row === undefined || read === undefined ? Option.none() : Option.some({
      lane,
      ...read,
      epoch: row.epoch,
      attempt: row.attempts,
      run: row.earlier + row.attempts,
      losses: row.losses,
      stop: Option.fromNullOr(row.stop),
      age: Duration.millis(Math.max(0, now - row.since))
    })

  /** The lease of what was taken. `row` is as the store has it since. */
  const lease = (
    lane: Lane,
    taken: TakenJob,
    row: JobRow | undefined,
    now: number
  ): Effect.Effect<Option.Option<Lease>> => {
    const { unread } = taken
    const found = leaseOf(lane, taken, row, now)
    if (unread === undefined || left.has(unread.id)) return Effect.succeed(found)
    left.add(unread.id)
    return Effect.as(Effect.logError(`job ${unread.id} ${unread.reason}`, { lane: laneKey(lane) }), found)
  }

  return { take, lease, leaseOf }
})
