import { byTurn, type JobRow } from "../table/JobTable.ts"

/** A lane's jobs that wait or run, in their turns, and the requests of those that were written or read. */
interface KnownLane {
  readonly rows: ReadonlyArray<JobRow>
  readonly payloads: ReadonlyArray<readonly [id: string, payload: string]>
}

/**
 * Lanes as this process has read or written them last, so that a job that is offered, taken and settled is read from the
 * file once at most. It is empty after a change of another process, and after a transaction that may have been undone.
 */
export interface SqliteLaneCache {
  /**
   * Begins a transaction that writes, and returns what to call once it is committed: else the next one forgets what it
   * noted. `version` changes with each change of the file by another process.
   */
  begin(version: number): () => void
  /** Forgets every lane. */
  clear(): void
  rows(lane: string): ReadonlyArray<JobRow> | undefined
  payload(lane: string, id: string): string | undefined
  /** Notes what was read. */
  read(lane: string, rows: ReadonlyArray<JobRow>): void
  readPayload(lane: string, id: string, payload: string): void
  /** Notes a row as it is now and, if given, its request. */
  put(row: JobRow, payload?: string): void
}

/** Maximum number of lanes, and of characters of their requests. */
const maxLanes = 2048
const maxLength = 4 * 1024 * 1024

const isActive = ({ state }: JobRow): boolean => state === "waiting" || state === "running"

const lengthOf = ({ payloads }: KnownLane): number => {
  let length = 0
  for (const [, payload] of payloads) length += payload.length
  return length
}

export const make = (): SqliteLaneCache => {
  const lanes = new Map<string, KnownLane>()
  let [total, version] = [0, NaN]
  // The transaction that was begun, until it is committed.
  let open: object | undefined

  const clear = (): void => {
    lanes.clear()
    total = 0
  }

  const set = (lane: string, known: KnownLane): void => {
    const before = lanes.get(lane)
    if (before !== undefined) total -= lengthOf(before)
    lanes.set(lane, known)
    total += lengthOf(known)
    if (lanes.size <= maxLanes && total <= maxLength) return
    for (const [oldest, other] of lanes) {
      if (oldest === lane) continue
      total -= lengthOf(other)
      lanes.delete(oldest)
      if (lanes.size <= maxLanes && total <= maxLength) return
    }
  }

  const withPayload = ({ payloads, rows }: KnownLane, id: string, payload: string | undefined): KnownLane => {
    if (payload === undefined && rows.some((row) => row.id === id)) return { rows, payloads }
    const others = payloads.filter(([other]) => other !== id)
    if (payload !== undefined) others.push([id, payload])
    return { rows, payloads: others }
  }

  return {
    begin: (now) => {
      if (open !== undefined || now !== version) clear()
      version = now
      const mine = {}
      open = mine
      // Another one may have begun, and been undone, before this process learns that this one is committed.
      return () => {
        if (open === mine) open = undefined
      }
    },
    clear,
    rows: (lane) => lanes.get(lane)?.rows,
    payload: (lane, id) => lanes.get(lane)?.payloads.find(([known]) => known === id)?.[1],
    read: (lane, rows) => set(lane, { rows, payloads: [] }),
    readPayload: (lane, id, payload) => {
      const known = lanes.get(lane)
      if (known?.rows.some((row) => row.id === id) === true) set(lane, withPayload(known, id, payload))
    },
    put: (row, payload) => {
      const known = lanes.get(row.lane)
      if (known === undefined) return
      const others = known.rows.filter(({ id }) => id !== row.id)
      if (!isActive(row)) {
        set(row.lane, withPayload({ rows: others, payloads: known.payloads }, row.id, undefined))
        return
      }
      const rows = others.length === 0 ? [row] : [...others, row].sort(byTurn)
      set(row.lane, withPayload({ rows, payloads: known.payloads }, row.id, payload))
    }
  }
}
