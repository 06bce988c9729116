import { assert, describe, it } from "@effect/vitest"
import { type JobQueue, Offered, QueueLimits } from "@nominal-code/jobs/JobQueue"
import { JobRecords } from "@nominal-code/jobs/JobRecords"
import type { StoreError } from "@nominal-code/persistence/StoreError"
import { Context, Duration, Effect, Layer, Option } from "effect"
import { TestClock } from "effect/testing"
import { cancelling } from "./cancelSuite.ts"
import { laneOf, mention, push, reviewed } from "./Jobs.ts"
import { leasing, settling } from "./leaseSuite.ts"
import { operating } from "./operateSuite.ts"
import {
  done,
  type It,
  lane,
  nothing,
  offer,
  offerAll,
  park,
  record,
  release,
  retryIn,
  runAll,
  settle,
  stands,
  take
} from "./QueueSteps.ts"
import { readySuite } from "./readySuite.ts"

/** Every change is announced at once; only the other suite looks at what the sweep does. */
const limits = Context.make(QueueLimits, {
  ...QueueLimits.defaultValue(),
  sweepEvery: Duration.hours(1)
})

/** What every `JobQueue` promises. */
export const queueSuite = (name: string, store: Layer.Layer<JobQueue | JobRecords, StoreError>) => {
  const fresh = Layer.fresh(store).pipe(Layer.provide(Layer.succeedContext(limits)))
  const it_ = (title: string, body: Effect.Effect<void, StoreError, JobQueue | JobRecords>) =>
    it.effect(title, () => Effect.provide(body, fresh))

  describe(`JobQueue (${name})`, () => {
    offering(it_)
    coalescing(it_)
    leasing(it_)
    settling(it_)
    remembering(it_)
    operating(it_)
    cancelling(it_)
    readySuite(it_)
  })
}

const offering = (it: It) => {
  it(
    "runs what people asked for in the order of its arrival, and then the push that came before",
    Effect.gen(function*() {
      yield* offerAll(push(lane, "a"), mention(lane, "b"), mention(lane, "c"))
      assert.deepStrictEqual(yield* runAll, ["b", "c", "a"])
    })
  )

  it(
    "gives a job back as it was offered",
    Effect.gen(function*() {
      const job = mention(lane, "a")
      yield* offer(job)
      assert.deepStrictEqual((yield* take).job, job)
    })
  )

  it(
    "stores a delivery once, whatever became of its job, for seven days",
    Effect.gen(function*() {
      const job = push(lane, "a")
      const again = Offered.cases.Duplicate.make({ jobId: job.id })
      yield* offer(job)
      assert.deepStrictEqual(yield* offer(job), again)
      const lease = yield* take
      assert.deepStrictEqual(yield* offer(job), again)
      yield* settle(lease, done)
      assert.deepStrictEqual(yield* offer(job), again)
      yield* TestClock.adjust("7 days")
      assert.deepStrictEqual(yield* offer(job), again)
      yield* nothing
      yield* TestClock.adjust("2 hours")
      assert.strictEqual((yield* offer(job))._tag, "Accepted")
    })
  )

  it(
    "stores one job of a delivery that comes many times at once",
    Effect.gen(function*() {
      const jobs = Array.from({ length: 10 }, () => mention(lane, "a"))
      const tags = (yield* Effect.forEach(jobs, offer, { concurrency: 10 })).map(({ _tag }) => _tag)
      assert.strictEqual(tags.filter((tag) => tag === "Accepted").length, 1)
      assert.strictEqual(tags.filter((tag) => tag === "Duplicate").length, 9)
      assert.deepStrictEqual(yield* runAll, ["a"])
    })
  )

  it(
    "does not take two forges' deliveries of the same id for one",
    Effect.gen(function*() {
      yield* offer(push(lane, "a"))
      assert.strictEqual((yield* offer(push(laneOf(1, "gitlab"), "a")))._tag, "Accepted")
    })
  )

  it(
    "refuses the 21st comment that would wait in a lane",
    Effect.gen(function*() {
      const jobs = Array.from({ length: 20 }, (_, index) => mention(lane, `m${index}`))
      yield* offerAll(...jobs)
      const extra = mention(lane, "extra")
      assert.deepStrictEqual(yield* offer(extra), Offered.cases.Full.make({ waiting: 20, told: true }))
      assert.strictEqual((yield* offer(mention(laneOf(2), "elsewhere")))._tag, "Accepted")
    })
  )

  it(
    "replaces a waiting push even in a full lane",
    Effect.gen(function*() {
      yield* offer(push(lane, "old"))
      yield* offerAll(...Array.from({ length: 20 }, (_, index) => mention(lane, `m${index}`)))
      assert.strictEqual((yield* offer(push(lane, "new")))._tag, "Accepted")
      assert.strictEqual((yield* offer(mention(lane, "extra")))._tag, "Full")
    })
  )
}

const coalescing = (it: It) => {
  it(
    "lets the newer of two waiting pushes replace the older, and says by which job",
    Effect.gen(function*() {
      const [older, newer] = [push(lane, "older"), push(lane, "newer")]
      yield* offer(older)
      assert.deepStrictEqual(
        yield* offer(newer),
        Offered.cases.Accepted.make({ jobId: newer.id, superseded: older.id })
      )
      yield* stands(older, "superseded", `job ${newer.id} is newer`)
      assert.deepStrictEqual(yield* runAll, ["newer"])
    })
  )

  it(
    "keeps mentions, running jobs and other lanes' pushes when a push comes",
    Effect.gen(function*() {
      yield* offer(push(laneOf(2), "elsewhere"))
      yield* offerAll(push(lane, "running"))
      const lease = yield* take
      yield* offerAll(mention(lane, "m1"), push(lane, "p1"), mention(lane, "m2"), push(lane, "p2"))
      assert.isTrue(yield* settle(lease, done))
      assert.deepStrictEqual(yield* runAll, ["m1", "m2", "p2"])
      yield* stands(push(laneOf(2), "elsewhere"), "waiting")
    })
  )

  for (const settlement of [retryIn("1 second"), release]) {
    it(
      `replaces a push that comes back by ${settlement._tag} after a newer one was offered`,
      Effect.gen(function*() {
        const [older, newer] = [push(lane, "older"), push(lane, "newer")]
        yield* offer(older)
        const lease = yield* take
        yield* offer(newer)
        assert.isTrue(yield* settle(lease, settlement))
        yield* stands(older, "superseded", `job ${newer.id} is newer`)
        assert.deepStrictEqual(yield* runAll, ["newer"])
      })
    )
  }

  it(
    "replaces a push whose run was lost after a newer one was offered",
    Effect.gen(function*() {
      yield* offer(push(lane, "older"))
      yield* take
      yield* offer(push(lane, "newer"))
      yield* TestClock.adjust("30 seconds")
      assert.deepStrictEqual(yield* runAll, ["newer"])
      yield* stands(push(lane, "older"), "superseded", `job ${push(lane, "newer").id} is newer`)
    })
  )
}

const remembering = (it: It) => {
  it(
    "tells how many jobs wait, run and are parked, and lists them by state, the newest first",
    Effect.gen(function*() {
      const jobs = [mention(lane, "a"), mention(lane, "b"), mention(lane, "c"), mention(lane, "d")]
      yield* offerAll(...jobs)
      yield* settle(yield* take, done)
      yield* settle(yield* take, park)
      yield* take
      const { depth, list } = yield* JobRecords
      assert.deepStrictEqual(yield* depth, { waiting: 1, running: 1, parked: 1, oldestWaitMillis: 0 })
      const all = yield* list({ limit: 10 })
      assert.deepStrictEqual(all.map(({ delivery, state }) => [delivery, state]), [
        ["d", "waiting"],
        ["c", "running"],
        ["b", "parked"],
        ["a", "done"]
      ])
      assert.deepStrictEqual((yield* list({ limit: 10, state: "parked" })).map(({ delivery }) => delivery), ["b"])
    })
  )

  it(
    "finds a job by its id and by its delivery, with its outcome",
    Effect.gen(function*() {
      const job = mention(lane, "a")
      const { find, jobOfDelivery } = yield* JobRecords
      assert.deepStrictEqual(yield* find(job.id), Option.none())
      yield* offer(job)
      yield* settle(yield* take, done)
      assert.deepStrictEqual(yield* jobOfDelivery("github", job.delivery), Option.some(job.id))
      assert.deepStrictEqual(yield* jobOfDelivery("gitlab", job.delivery), Option.none())
      const { headSha, outcome, state } = yield* record(job)
      assert.deepStrictEqual(
        [state, outcome, headSha],
        ["done", Option.some(reviewed), Option.some(reviewed.headSha)]
      )
    })
  )

  it(
    "forgets what ended more than seven days ago, and nothing that has not ended",
    Effect.gen(function*() {
      const jobs = [mention(lane, "done"), mention(lane, "parked"), mention(lane, "waiting")]
      yield* offerAll(...jobs)
      yield* settle(yield* take, done)
      yield* settle(yield* take, park)
      yield* TestClock.adjust("8 days")
      const { list } = yield* JobRecords
      assert.deepStrictEqual((yield* list({ limit: 10 })).map(({ delivery }) => delivery), ["waiting"])
    })
  )
}
