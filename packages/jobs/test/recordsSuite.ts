import { assert } from "@effect/vitest"
import { JobQueue } from "@nominal-code/jobs/JobQueue"
import { type JobRecord, JobRecords } from "@nominal-code/jobs/JobRecords"
import { QueueAdmin } from "@nominal-code/jobs/QueueAdmin"
import { laneOf, mention, push, reviewed } from "@nominal-code/testing/Jobs"
import {
  done,
  lane,
  offer,
  offerAll,
  park,
  record,
  settle,
  take,
  type TestFunction
} from "@nominal-code/testing/QueueSteps"
import { Effect, Option } from "effect"
import { TestClock } from "effect/testing"

const deliveries = (records: ReadonlyArray<JobRecord>) => records.map(({ delivery }) => String(delivery))

/** Behaviour of a queue's records, which people and probes read. */
export const remembering = (it: TestFunction) => {
  it(
    "tells how many jobs wait, run and are parked, and for how long the oldest has waited",
    Effect.gen(function*() {
      const { depth } = yield* JobRecords
      assert.deepStrictEqual(yield* depth, { waiting: 0, running: 0, parked: 0, oldestWaitMillis: 0 })
      yield* offerAll(mention(lane, "a"), mention(lane, "b"), mention(lane, "c"))
      yield* settle(yield* take, done)
      yield* settle(yield* take, park)
      yield* take
      yield* TestClock.adjust("5 seconds")
      yield* offer(mention(lane, "d"))
      yield* TestClock.adjust("2 seconds")
      yield* offer(push(laneOf(2), "e"))
      assert.deepStrictEqual(yield* depth, { waiting: 2, running: 1, parked: 1, oldestWaitMillis: 2000 })
    })
  )

  it(
    "tells until when the lease of a running job lasts, and of no other",
    Effect.gen(function*() {
      const job = mention(lane, "a")
      yield* offer(job)
      assert.deepStrictEqual((yield* record(job)).leaseUntil, Option.none())
      const lease = yield* take
      assert.deepStrictEqual((yield* record(job)).leaseUntil, Option.some(30_000))
      yield* TestClock.adjust("10 seconds")
      yield* JobQueue.use((queue) => queue.renew(lease))
      assert.deepStrictEqual((yield* record(job)).leaseUntil, Option.some(40_000))
      yield* settle(lease, done)
      assert.deepStrictEqual((yield* record(job)).leaseUntil, Option.none())
    })
  )

  it(
    "lists the jobs that wait the oldest first",
    Effect.gen(function*() {
      const { oldestWaiting } = yield* JobRecords
      yield* offerAll(...["a", "b", "c", "d", "e"].map((name, at) => mention(at === 3 ? laneOf(2) : lane, name)))
      yield* settle(yield* take, done)
      yield* take
      assert.deepStrictEqual(deliveries(yield* oldestWaiting(2)), ["c", "d"])
      assert.deepStrictEqual(deliveries(yield* oldestWaiting(10)), ["c", "d", "e"])
    })
  )

  it(
    "lists jobs the newest first, by state, page by page",
    Effect.gen(function*() {
      const { list } = yield* JobRecords
      yield* offerAll(...["a", "b", "c", "d", "e"].map((name) => mention(lane, name)))
      for (const settlement of [done, park, done]) yield* settle(yield* take, settlement)
      const first = yield* list({ limit: 2 })
      assert.deepStrictEqual(deliveries(first), ["e", "d"])
      const before = first.at(-1)?.position ?? 0
      const second = yield* list({ limit: 2, before })
      assert.deepStrictEqual(second.map(({ delivery, state }) => [delivery, state]), [["c", "done"], ["b", "parked"]])
      assert.deepStrictEqual(deliveries(yield* list({ limit: 2, state: "done" })), ["c", "a"])
      assert.deepStrictEqual(deliveries(yield* list({ limit: 2, state: "done", before: second[0]?.position ?? 0 })), [
        "a"
      ])
      assert.deepStrictEqual(deliveries(yield* list({ limit: 10, state: "waiting" })), ["e", "d"])
      assert.deepStrictEqual(yield* list({ limit: 10, state: "superseded" }), [])
    })
  )

  it(
    "keeps of a job that is done what became of it and which head it reviewed, and not what was asked",
    Effect.gen(function*() {
      const job = mention(lane, "a")
      yield* TestClock.adjust("1 minute")
      yield* offer(job)
      assert.deepStrictEqual((yield* record(job)).job, Option.some(job))
      yield* TestClock.adjust("1 minute")
      yield* settle(yield* take, done)
      const { endedAt, headSha, job: request, kind, outcome, receivedAt, state, unreadable } = yield* record(job)
      assert.deepStrictEqual([state, kind, receivedAt, endedAt], [
        "done",
        "issue_comment",
        60_000,
        Option.some(120_000)
      ])
      assert.deepStrictEqual([outcome, headSha], [Option.some(reviewed), Option.some(reviewed.headSha)])
      assert.deepStrictEqual([request, unreadable], [Option.none(), false])
    })
  )

  it(
    "finds a job by its id and by its delivery, on the forge that delivered it",
    Effect.gen(function*() {
      const job = mention(lane, "a")
      const { find, jobOfDelivery } = yield* JobRecords
      assert.deepStrictEqual(yield* find(job.id), Option.none())
      yield* offer(job)
      assert.deepStrictEqual(yield* jobOfDelivery("github", job.delivery), Option.some(job.id))
      assert.deepStrictEqual(yield* jobOfDelivery("gitlab", job.delivery), Option.none())
      assert.deepStrictEqual(yield* jobOfDelivery("elsewhere", job.delivery), Option.none())
    })
  )

  it(
    "forgets what ended more than seven days ago, and nothing that has not ended",
    Effect.gen(function*() {
      yield* offerAll(...["done", "parked", "running", "waiting"].map((name) => mention(lane, name)))
      yield* settle(yield* take, done)
      yield* settle(yield* take, park)
      yield* take
      yield* TestClock.adjust("8 days")
      const { list } = yield* JobRecords
      assert.deepStrictEqual(deliveries(yield* list({ limit: 10 })), ["waiting", "running"])
    })
  )

  it(
    "proves that it takes a write, again and again, and leaves nothing of it",
    Effect.gen(function*() {
      const { check } = yield* QueueAdmin
      for (let round = 0; round < 3; round++) yield* check
      assert.deepStrictEqual(yield* JobRecords.use(({ list }) => list({ limit: 10 })), [])
    })
  )
}
