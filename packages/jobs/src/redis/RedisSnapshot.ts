import type { UnreadableJob } from "../JobRecords.ts"
import { byTurn, type JobRow, type JobTable } from "../table/JobTable.ts"
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
  /** The jobs that were read and are none of `jobs`, because their rows cannot be read. Those of the list keep their places. */
  readonly unreadable: ReadonlyArray<UnreadableJob>
  /**
   * True if this is what this process wrote last, or an empty lane, and what it does not name is assumed to be unknown:
   * the script checks that.
   */
  readonly remembered: boolean
}

/** The rules' view of a lane, and what they changed of it. */
export interface Snapshot extends JobTable {
  changed(): ReadonlyMap<string, JobRow>
  /** Number of sequence numbers that were used. */
  numbers(): number
}

// Above every real number, so that what is new comes last. Redis gives the real ones when it takes the change.
const unknown = Number.MAX_SAFE_INTEGER - 1_000

/** Index of a placeholder for a number that Redis will assign; undefined for a real number. */
export const givenBy = (number: number): number | undefined => number > unknown ? number - unknown : undefined

const isActive = ({ state }: JobRow) => state === "waiting" || state === "running"

const never = (): never => {
  throw new Error("a rule of a lane asked for more than the lane")
}

/** A table of what was loaded: a rule that asks it for anything else does not work. */
class LaneSnapshot implements Snapshot {
  private readonly loaded: LoadedLane
  private readonly rows = new Map<string, JobRow>()
  private payloads: Map<string, string> | undefined
  private turns: ReadonlyArray<JobRow> | undefined
  private given = 0

  constructor(loaded: LoadedLane) {
    this.loaded = loaded
  }

  private loadedRow(id: string): StoredRow | undefined {
    const stored = this.loaded.jobs.get(id)
    return stored === undefined || (stored.row.endedAt ?? Infinity) < this.loaded.forgottenBefore ? undefined : stored
  }

  private isUnreadable(id: string): boolean {
    return this.loaded.unreadable.some((job) => job.id === id)
  }

  private idOf(event: string): string {
    const found = this.loaded.events.get(event) ?? never()
    return found.job === "" ? found.ended : found.job
  }

  private rowOf(id: string): JobRow | undefined {
    return this.rows.get(id) ?? this.loadedRow(id)?.row
  }

  tick() {
    this.given += 1
    return unknown + this.given
  }

  knows({ event, id }: Pick<JobRow, "id" | "event">) {
    return this.rowOf(id) !== undefined || this.isUnreadable(id) || this.idOf(event) !== "" || this.active().length > 0
  }

  byId(id: string) {
    return this.loaded.jobs.has(id) ? this.rowOf(id) : never()
  }

  byEvent(_lane: string, event: string) {
    return this.rowOf(this.idOf(event))
  }

  active() {
    if (this.turns !== undefined) return this.turns
    const found: Array<JobRow> = []
    const add = (row: JobRow | undefined) => {
      if (row !== undefined && row.lane === this.loaded.lane && isActive(row)) found.push(row)
    }
    for (const id of this.loaded.jobs.keys()) if (!this.rows.has(id)) add(this.loadedRow(id)?.row)
    for (const row of this.rows.values()) add(row)
    this.turns = found.length > 1 ? found.sort(byTurn) : found
    return this.turns
  }

  unreadable() {
    return this.loaded.unreadable.find(({ id }) => this.loaded.list.includes(id))
  }

  unreadableTwin({ event, id }: Pick<JobRow, "id" | "event">) {
    return [id, this.idOf(event)].find((one) => this.isUnreadable(one))
  }

  payload(id: string) {
    return this.payloads?.get(id) ?? this.loadedRow(id)?.payload ?? ""
  }

  update(row: JobRow, payload?: string) {
    this.turns = undefined
    this.rows.set(row.id, row)
    if (payload !== undefined) (this.payloads ??= new Map()).set(row.id, payload)
  }

  insert(row: JobRow, payload: string) {
    this.update(row, payload)
  }

  changed() {
    return this.rows
  }

  numbers() {
    return this.given
  }

  signers() {
    return never()
  }

  setSigners() {
    never()
  }

  heads() {
    return never()
  }

  count() {
    return never()
  }

  waitingSince() {
    return never()
  }

  list() {
    return never()
  }

  oldestWaiting() {
    return never()
  }

  probe() {
    never()
  }

  forget() {
    return never()
  }
}

export const make = (loaded: LoadedLane): Snapshot => new LaneSnapshot(loaded)
