import { Effect, Layer } from "effect"
import { JobQueue } from "./JobQueue.ts"
import type { JobRow, JobTable } from "./JobTable.ts"
import * as TableQueue from "./TableQueue.ts"

const isActive = ({ state }: JobRow) => state === "waiting" || state === "running"
const byPosition = (a: JobRow, b: JobRow) => a.position - b.position

const deliveryKey = (platform: string, delivery: string) => `${platform} ${delivery}`

const makeTable = (): JobTable => {
  const rows = new Map<string, JobRow>()
  const payloads = new Map<string, string>()
  const deliveries = new Map<string, string>()
  // Only lanes with a job that waits or runs are here.
  const lanes = new Map<string, ReadonlyArray<JobRow>>()
  let last = 0

  const put = (row: JobRow) => {
    rows.set(row.id, row)
    const others = (lanes.get(row.lane) ?? []).filter(({ id }) => id !== row.id)
    const active = isActive(row) ? [...others, row].sort(byPosition) : others
    if (active.length === 0) lanes.delete(row.lane)
    else lanes.set(row.lane, active)
  }
  const byId = (id: string) => rows.get(id)

  return {
    tick: () => ++last,
    byDelivery: (platform, delivery) => byId(deliveries.get(deliveryKey(platform, delivery)) ?? ""),
    byId,
    active: (lane) => lanes.get(lane) ?? [],
    payload: (id) => payloads.get(id) ?? "",
    insert: (row, payload) => {
      payloads.set(row.id, payload)
      deliveries.set(deliveryKey(row.platform, row.delivery), row.id)
      put(row)
    },
    update: (row, payload) => {
      if (payload !== undefined) payloads.set(row.id, payload)
      put(row)
    },
    heads: (from) =>
      lanes.values()
        .flatMap(([head]) => head !== undefined && head.dueAt >= from ? [head] : [])
        .toArray()
        .sort(byPosition),
    count: (state) => rows.values().filter((row) => row.state === state).toArray().length,
    list: (state) => [...rows.values()].filter((row) => state === undefined || row.state === state).sort(byPosition),
    forget: (before) => {
      const old = [...rows.values()].filter(({ endedAt }) => endedAt !== null && endedAt < before)
      for (const { delivery, id, platform } of old) {
        rows.delete(id)
        payloads.delete(id)
        deliveries.delete(deliveryKey(platform, delivery))
      }
      return old.length
    }
  }
}

const make = Effect.suspend(() => {
  const table = makeTable()
  return TableQueue.make({
    owner: "this process",
    // The rules check before they change, so there is nothing to undo.
    transaction: (_operation, body) => Effect.sync(() => body(table)),
    read: (_operation, body) => Effect.sync(() => body(table)),
    heads: (from) => Effect.sync(() => table.heads(from)),
    version: Effect.succeed(0)
  })
})

/** A queue that ends with the process, and forgets with it what it accepted. */
export const layer = Layer.effect(JobQueue, make)
