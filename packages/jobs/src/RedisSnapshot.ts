import { byTurn, type JobRow, type JobTable } from "./JobTable.ts"
import type { StoredRow } from "./RedisRow.ts"

/** What was read of a lane and of some jobs beside it. */
export interface LoadedLane {
  readonly now: number
  /** What ended before is forgotten, although it is still stored. */
  readonly forgottenBefore: number
  readonly lane: string
  /** The ids in the lane's list. */
  readonly list: ReadonlyArray<string>
  /** The id of the event's job; empty if there is none. */
  readonly eventJob: string
  /** Every job of the list, the event's, and those asked for. Undefined: there is no such job. */
  readonly jobs: ReadonlyMap<string, StoredRow | undefined>
}

/** The rules' view of a lane, and what they changed of it. */
export interface Snapshot {
  readonly table: JobTable
  readonly changed: () => ReadonlyMap<string, JobRow>
  readonly payloadOf: (id: string) => string
  readonly active: () => ReadonlyArray<JobRow>
  /** How many numbers were asked for. */
  readonly numbers: () => number
}

// Above every real number, so that what is new comes last. Redis gives the real ones when it takes the change.
const unknown = Number.MAX_SAFE_INTEGER - 1_000

/** Which of the numbers that Redis gives stands here; undefined for a real one. */
export const givenBy = (number: number): number | undefined => number > unknown ? number - unknown : undefined

const isActive = ({ state }: JobRow) => state === "waiting" || state === "running"

/** A table of what was loaded: a rule that asks it for anything else does not work. */
export const make = ({ eventJob, forgottenBefore, jobs, lane }: LoadedLane): Snapshot => {
  const rows = new Map<string, JobRow>()
  const payloads = new Map<string, string>()
  const changed = new Map<string, JobRow>()
  for (const [id, stored] of jobs) {
    if (stored === undefined || (stored.row.endedAt ?? Infinity) < forgottenBefore) continue
    rows.set(id, stored.row)
    payloads.set(id, stored.payload)
  }
  let numbers = 0
  const put = (row: JobRow, payload?: string) => {
    rows.set(row.id, row)
    changed.set(row.id, row)
    if (payload !== undefined) payloads.set(row.id, payload)
  }
  const active = () => [...rows.values()].filter((row) => row.lane === lane && isActive(row)).sort(byTurn)
  const never = (): never => {
    throw new Error("a rule of a lane asked for more than the lane")
  }
  return {
    table: {
      tick: () => unknown + ++numbers,
      byId: (id) => jobs.has(id) ? rows.get(id) : never(),
      byEvent: () => rows.get(eventJob),
      active,
      payload: (id) => payloads.get(id) ?? "",
      insert: put,
      update: put,
      heads: never,
      count: never,
      waitingSince: never,
      list: never,
      probe: never,
      forget: never
    },
    changed: () => changed,
    payloadOf: (id) => payloads.get(id) ?? "",
    active,
    numbers: () => numbers
  }
}
