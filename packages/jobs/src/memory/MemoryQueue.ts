import { Effect, Layer, Result } from "effect"
import { byTurn, type JobRow, type JobTable } from "../table/JobTable.ts"
import * as TableQueue from "../table/TableQueue.ts"
import type { TableStore } from "../table/TableStore.ts"

const isActive = ({ state }: JobRow) => state === "waiting" || state === "running"
const byPosition = (a: JobRow, b: JobRow) => a.position - b.position

const eventKey = (lane: string, event: string) => `${lane} ${event}`

const makeTable = (): JobTable => {
  const rows = new Map<string, JobRow>()
  const payloads = new Map<string, string>()
  const events = new Map<string, string>()
  // Only lanes with a job that waits or runs are here.
  const lanes = new Map<string, ReadonlyArray<JobRow>>()
  let last = 0
  let signers = ""

  const byId = (id: string) => rows.get(id)
  const byEvent = (lane: string, event: string) => byId(events.get(eventKey(lane, event)) ?? "")

  const put = (row: JobRow) => {
    rows.set(row.id, row)
    if (row.position >= (byEvent(row.lane, row.event)?.position ?? 0)) events.set(eventKey(row.lane, row.event), row.id)
    const others = (lanes.get(row.lane) ?? []).filter(({ id }) => id !== row.id)
    const active = isActive(row) ? [...others, row].sort(byTurn) : others
    if (active.length === 0) lanes.delete(row.lane)
    else lanes.set(row.lane, active)
  }

  return {
    tick: () => ++last,
    knows: ({ event, id, lane }) => rows.has(id) || lanes.has(lane) || byEvent(lane, event) !== undefined,
    byId,
    byEvent,
    active: (lane) => lanes.get(lane) ?? [],
    unreadable: () => undefined,
    unreadableTwin: () => undefined,
    payload: (id) => payloads.get(id) ?? "",
    insert: (row, payload) => {
      payloads.set(row.id, payload)
      put(row)
    },
    update: (row, payload) => {
      if (payload === "") payloads.delete(row.id)
      else if (payload !== undefined) payloads.set(row.id, payload)
      put(row)
    },
    signers: () => signers,
    setSigners: (text) => {
      signers = text
    },
    heads: (from) =>
      lanes.values()
        .flatMap(([head]) => head !== undefined && head.dueAt >= from ? [head] : [])
        .toArray()
        .sort(byPosition),
    count: (state) => rows.values().filter((row) => row.state === state).toArray().length,
    waitingSince: () =>
      rows.values().filter(({ state }) => state === "waiting").map(({ since }) => since)
        .reduce<number | undefined>((oldest, since) => Math.min(oldest ?? since, since), undefined),
    list: ({ before = Infinity, limit, state }) =>
      [...rows.values()]
        .filter((row) => row.position < before && (state === undefined || row.state === state))
        .sort((a, b) => b.position - a.position)
        .slice(0, limit)
        .map((row) => Result.succeed(row)),
    oldestWaiting: (limit) =>
      [...rows.values()].filter(({ state }) => state === "waiting").sort(byPosition).slice(0, limit)
        .map((row) => Result.succeed(row)),
    probe: () => {},
    forget: (before) => {
      const old = [...rows.values()].filter(({ endedAt }) => endedAt !== null && endedAt < before)
      for (const { event, id, lane } of old) {
        rows.delete(id)
        payloads.delete(id)
        if (events.get(eventKey(lane, event)) === id) events.delete(eventKey(lane, event))
      }
      return old.length
    }
  }
}

const make = Effect.suspend(() => {
  const table = makeTable()
  // The rules check before they change, so there is nothing to undo.
  const transaction: TableStore["transaction"] = (_operation, body) => Effect.sync(() => body(table))
  return TableQueue.make({
    owner: "this process",
    transaction,
    unsynced: transaction,
    synced: Effect.void,
    read: transaction,
    isDurable: Effect.void,
    heads: (from) => Effect.sync(() => table.heads(from)),
    version: Effect.succeed(0)
  })
})

/** Queue in memory, which is lost when the process ends. */
export const layer = Layer.effectContext(make)
