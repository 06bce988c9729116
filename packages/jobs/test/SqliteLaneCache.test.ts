import { assert, it } from "@effect/vitest"
import * as OfferRules from "@nominal-code/jobs/lane/OfferRules"
import * as SqliteLaneCache from "@nominal-code/jobs/sqlite/SqliteLaneCache"
import type { JobRow } from "@nominal-code/jobs/table/JobTable"
import { laneOf, push } from "@nominal-code/testing/Jobs"

/** Maximum number of lanes that are remembered. */
const maxLanes = 2048

const rowOf = (number: number, changes: Partial<JobRow> = {}): JobRow => {
  const { row } = OfferRules.offered(push(laneOf(number), `${number}`), [])
  const fresh = { ...row, earlier: 0, attempts: 0, epoch: 0, receivedAt: 0, task: "review" } as const
  return { ...OfferRules.asNewlyAccepted({ tick: () => number }, fresh, 0), ...changes }
}

it("forgets one lane for one that is new, in the order of their arrival, whatever changes in between", () => {
  const cache = SqliteLaneCache.make()
  const remembered = () => Array.from({ length: maxLanes + 2 }, (_, at) => cache.rows(rowOf(at + 1).lane)?.length ?? 0)
  for (let number = 1; number <= maxLanes; number++) cache.read(rowOf(number).lane, [rowOf(number)])
  // A lane that is known keeps its place, and so costs no other its own.
  cache.put(rowOf(1, { state: "running" }))
  assert.deepStrictEqual(remembered(), [...Array<number>(maxLanes).fill(1), 0, 0])
  cache.read(rowOf(maxLanes + 1).lane, [])
  assert.isUndefined(cache.rows(rowOf(1).lane))
  cache.put(rowOf(2, { state: "running" }))
  cache.read(rowOf(maxLanes + 2).lane, [])
  assert.isUndefined(cache.rows(rowOf(2).lane))
  assert.lengthOf(cache.rows(rowOf(3).lane) ?? [], 1)
})

it("forgets as many lanes as take the room of a long request, and counts the room of no lane twice", () => {
  const cache = SqliteLaneCache.make()
  const megabyte = "x".repeat(1024 * 1024)
  for (const number of [1, 2, 3, 4]) {
    cache.read(rowOf(number).lane, [rowOf(number)])
    cache.readPayload(rowOf(number).lane, rowOf(number).id, megabyte)
  }
  for (let times = 0; times < 9; times++) cache.put(rowOf(4, { attempts: times }), megabyte)
  assert.strictEqual(cache.payload(rowOf(1).lane, rowOf(1).id), megabyte)
  cache.read(rowOf(5).lane, [rowOf(5)])
  cache.readPayload(rowOf(5).lane, rowOf(5).id, "one more")
  assert.isUndefined(cache.rows(rowOf(1).lane))
  assert.strictEqual(cache.payload(rowOf(2).lane, rowOf(2).id), megabyte)
})
