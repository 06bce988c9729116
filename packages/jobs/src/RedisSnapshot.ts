import { byTurn, type JobRow, type JobTable } from "./JobTable.ts"
import type { StoredRow } from "./RedisRow.ts"

/** Jobs of an event. Each text is empty if there is no such job. */
export interface LoadedEvent {
  /** Id of the one that waits or runs. */
  readonly job: string
  /** Place and id of the one that has ended. */
  readonly endedAt: string
  readonly ended: string
}

/** A lane as it was read, with some further jobs. */
export interface LoadedLane {
  readonly now: number
  /** Jobs that ended before this instant count as forgotten, although they are still stored. */
  readonly forgottenBefore: number
  readonly lane: string
  /** Version of the lane, with which each change of it begins; empty if nothing of it waits or runs. */
  readonly version: string
  /** The ids in the lane's list. */
  readonly list: ReadonlyArray<string>
  /** The events that were asked for. */
  readonly events: ReadonlyMap<string, LoadedEvent>
  /** Every job of the list, those of the events, and those asked for. Undefined: there is no such job. */
  readonly jobs: ReadonlyMap<string, StoredRow | undefined>
  /**
   * True if this is what this process wrote last, or an empty lane, and what it does not name is assumed to be unknown:
   * the script checks that.
   */
  readonly remembered: boolean
}

/** The rules' view of a lane, and what they changed of it. */
export interface Snapshot {
  readonly table: JobTable
  readonly changed: () => ReadonlyMap<string, JobRow>
  readonly payloadOf: (id: string) => string
  readonly active: () => ReadonlyArray<JobRow>
  /** Number of sequence numbers that were used. */
  readonly numbers: () => number
}

// Above every real number, so that what is new comes last. Redis gives the real ones when it takes the change.
const unknown = Number.MAX_SAFE_INTEGER - 1_000

/** Index of a placeholder for a number that Redis will assign; undefined for a real number. */
export const givenBy = (number: number): number | undefined => number > unknown ? number - unknown : undefined

const isActive = ({ state }: JobRow) => state === "waiting" || state === "running"

/** A table of what was loaded: a rule that asks it for anything else does not work. */
export const make = ({ events, forgottenBefore, jobs, lane }: LoadedLane): Snapshot => {
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
  const idOf = (event: string): string => {
    const found = events.get(event) ?? never()
    return found.job === "" ? found.ended : found.job
  }
  return {
    table: {
      tick: () => unknown + ++numbers,
      knows: ({ event, id }) => rows.has(id) || idOf(event) !== "" || active().length > 0,
      byId: (id) => jobs.has(id) ? rows.get(id) : never(),
      byEvent: (_lane, event) => rows.get(idOf(event)),
      active,
      payload: (id) => payloads.get(id) ?? "",
      insert: put,
      update: put,
      signers: never,
      setSigners: never,
      heads: never,
      count: never,
      waitingSince: never,
      list: never,
      oldestWaiting: never,
      probe: never,
      forget: never
    },
    changed: () => changed,
    payloadOf: (id) => payloads.get(id) ?? "",
    active,
    numbers: () => numbers
  }
}
