import { assert, describe, it } from "@effect/vitest"
import type { Job } from "@nominal-code/domain/Job"
import { JobQueue, type JobState, type Lease, Offered, QueueLimits, Settlement } from "@nominal-code/jobs/JobQueue"
import type { StoreError } from "@nominal-code/persistence/StoreError"
import { Context, Duration, Effect, Layer, Option } from "effect"
import { TestClock } from "effect/testing"
import { laneOf, mention, push, reviewed } from "./Jobs.ts"
import { readySuite } from "./readySuite.ts"

const lane = laneOf(1)
const done = Settlement.cases.Done.make({ outcome: reviewed })
const park = Settlement.cases.Park.make({ reason: "no more tries" })
const release = Settlement.cases.Release.make({})
const retryIn = (delay: Duration.Input) =>
  Settlement.cases.Retry.make({ reason: "the model was away", delay: Duration.fromInputUnsafe(delay) })

/** Every change is announced at once; only the other suite looks at what the sweep does. */
export const limits = Context.make(QueueLimits, {
  ...QueueLimits.defaultValue(),
  sweepEvery: Duration.hours(1)
})

const offer = (job: Job) => JobQueue.use((queue) => queue.offer(job))
const offerAll = (...jobs: ReadonlyArray<Job>) => Effect.forEach(jobs, offer, { concurrency: 1 })
const settle = (lease: Lease, settlement: Settlement) => JobQueue.use((queue) => queue.settle(lease, settlement))
const takeMaybe = JobQueue.use((queue) => queue.take(lane))
const take = Effect.map(takeMaybe, Option.getOrThrow)
const nothing = Effect.map(takeMaybe, (lease) => assert.deepStrictEqual(lease, Option.none()))
const record = (job: Job) => Effect.map(JobQueue.use((queue) => queue.find(job.id)), Option.getOrThrow)

const stands = Effect.fnUntraced(function*(job: Job, state: JobState, reason?: string) {
  const { reason: because, state: is } = yield* record(job)
  assert.deepStrictEqual([is, Option.getOrUndefined(because)], [state, reason])
})

/** Runs the lane to its end; the deliveries in the order of running. */
const runAll = Effect.gen(function*() {
  const ran: Array<string> = []
  for (;;) {
    const lease = yield* takeMaybe
    if (Option.isNone(lease)) return ran
    ran.push(lease.value.job.delivery)
    assert.isTrue(yield* settle(lease.value, done))
  }
})

/** What every `JobQueue` promises. */
export const queueSuite = (name: string, store: Layer.Layer<JobQueue, StoreError>) => {
  const fresh = Layer.fresh(store).pipe(Layer.provide(Layer.succeedContext(limits)))
  const it_ = (title: string, body: Effect.Effect<void, StoreError, JobQueue>) =>
    it.effect(title, () => Effect.provide(body, fresh))

  describe(`JobQueue (${name})`, () => {
    offering(it_)
    coalescing(it_)
    leasing(it_)
    settling(it_)
    remembering(it_)
    readySuite(it_)
  })
}

export type It = (title: string, body: Effect.Effect<void, StoreError, JobQueue>) => void

const offering = (it: It) => {
  it("runs the jobs of a lane in the order of their arrival", Effect.gen(function*() {
    yield* offerAll(push(lane, "a"), mention(lane, "b"), mention(lane, "c"))
    assert.deepStrictEqual(yield* runAll, ["a", "b", "c"])
  }))

  it("gives a job back as it was offered", Effect.gen(function*() {
    const job = mention(lane, "a")
    yield* offer(job)
    assert.deepStrictEqual((yield* take).job, job)
  }))

  it("stores a delivery once, whatever became of its job, for seven days", Effect.gen(function*() {
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
  }))

  it("stores one job of a delivery that comes many times at once", Effect.gen(function*() {
    const jobs = Array.from({ length: 10 }, () => mention(lane, "a"))
    const tags = (yield* Effect.forEach(jobs, offer, { concurrency: 10 })).map(({ _tag }) => _tag)
    assert.strictEqual(tags.filter((tag) => tag === "Accepted").length, 1)
    assert.strictEqual(tags.filter((tag) => tag === "Duplicate").length, 9)
    assert.deepStrictEqual(yield* runAll, ["a"])
  }))

  it("does not take two forges' deliveries of the same id for one", Effect.gen(function*() {
    yield* offer(push(lane, "a"))
    assert.strictEqual((yield* offer(push(laneOf(1, "gitlab"), "a")))._tag, "Accepted")
  }))

  it("refuses the 21st job that would wait in a lane, and stores nothing of it", Effect.gen(function*() {
    const jobs = Array.from({ length: 20 }, (_, index) => mention(lane, `m${index}`))
    yield* offerAll(...jobs)
    const extra = mention(lane, "extra")
    assert.deepStrictEqual(yield* offer(extra), Offered.cases.Full.make({ waiting: 20 }))
    assert.strictEqual((yield* offer(mention(laneOf(2), "elsewhere")))._tag, "Accepted")
    const queue = yield* JobQueue
    assert.deepStrictEqual(yield* queue.jobOfDelivery("github", extra.delivery), Option.none())
    yield* settle(yield* take, done)
    assert.strictEqual((yield* offer(extra))._tag, "Accepted")
  }))

  it("replaces a waiting push even in a full lane", Effect.gen(function*() {
    yield* offer(push(lane, "old"))
    yield* offerAll(...Array.from({ length: 19 }, (_, index) => mention(lane, `m${index}`)))
    assert.strictEqual((yield* offer(push(lane, "new")))._tag, "Accepted")
    assert.strictEqual((yield* offer(mention(lane, "extra")))._tag, "Full")
  }))
}

const coalescing = (it: It) => {
  it("lets the newer of two waiting pushes replace the older, and says by which job", Effect.gen(function*() {
    const [older, newer] = [push(lane, "older"), push(lane, "newer")]
    yield* offer(older)
    assert.deepStrictEqual(
      yield* offer(newer),
      Offered.cases.Accepted.make({ jobId: newer.id, superseded: older.id })
    )
    yield* stands(older, "superseded", `job ${newer.id} is newer`)
    assert.deepStrictEqual(yield* runAll, ["newer"])
  }))

  it("keeps mentions, running jobs and other lanes' pushes when a push comes", Effect.gen(function*() {
    yield* offer(push(laneOf(2), "elsewhere"))
    yield* offerAll(push(lane, "running"))
    const lease = yield* take
    yield* offerAll(mention(lane, "m1"), push(lane, "p1"), mention(lane, "m2"), push(lane, "p2"))
    assert.isTrue(yield* settle(lease, done))
    assert.deepStrictEqual(yield* runAll, ["m1", "m2", "p2"])
    yield* stands(push(laneOf(2), "elsewhere"), "waiting")
  }))

  for (const settlement of [retryIn("1 second"), release]) {
    it(`replaces a push that comes back by ${settlement._tag} after a newer one was offered`, Effect.gen(function*() {
      const [older, newer] = [push(lane, "older"), push(lane, "newer")]
      yield* offer(older)
      const lease = yield* take
      yield* offer(newer)
      assert.isTrue(yield* settle(lease, settlement))
      yield* stands(older, "superseded", `job ${newer.id} is newer`)
      assert.deepStrictEqual(yield* runAll, ["newer"])
    }))
  }

  it("replaces a push whose run was lost after a newer one was offered", Effect.gen(function*() {
    yield* offer(push(lane, "older"))
    yield* take
    yield* offer(push(lane, "newer"))
    yield* TestClock.adjust("30 seconds")
    assert.deepStrictEqual(yield* runAll, ["newer"])
    yield* stands(push(lane, "older"), "superseded", `job ${push(lane, "newer").id} is newer`)
  }))
}

const leasing = (it: It) => {
  it("gives a lane to one taker at a time, and other lanes to others", Effect.gen(function*() {
    yield* offerAll(mention(lane, "a"), mention(lane, "b"), mention(laneOf(2), "c"))
    yield* take
    yield* nothing
    assert.isTrue(Option.isSome(yield* JobQueue.use((queue) => queue.take(laneOf(2)))))
  }))

  it("gives a job whose lease ran out to the next taker, under a higher epoch, as the same attempt", Effect.gen(function*() {
    yield* offer(mention(lane, "a"))
    const first = yield* take
    yield* TestClock.adjust("29999 millis")
    yield* nothing
    yield* TestClock.adjust("1 millis")
    const second = yield* take
    assert.isAbove(second.epoch, first.epoch)
    assert.deepStrictEqual([first.attempt, first.losses, second.attempt, second.losses], [1, 0, 1, 1])
  }))

  it("does not let a lost lease change anything", Effect.gen(function*() {
    const job = mention(lane, "a")
    yield* offer(job)
    const lost = yield* take
    yield* TestClock.adjust("30 seconds")
    const lease = yield* take
    const before = yield* record(job)
    const { renew } = yield* JobQueue
    assert.isFalse(yield* renew(lost))
    for (const settlement of [done, park, release, retryIn(0)]) assert.isFalse(yield* settle(lost, settlement))
    assert.deepStrictEqual(yield* record(job), before)
    assert.isTrue(yield* settle(lease, done))
    for (const settlement of [done, park, release, retryIn(0)]) assert.isFalse(yield* settle(lease, settlement))
    assert.isFalse(yield* renew(lease))
    yield* stands(job, "done")
  }))

  it("keeps a lease for as long as it is renewed", Effect.gen(function*() {
    yield* offer(mention(lane, "a"))
    const lease = yield* take
    const { renew } = yield* JobQueue
    for (let round = 0; round < 10; round++) {
      yield* TestClock.adjust("29 seconds")
      assert.isTrue(yield* renew(lease))
    }
    yield* TestClock.adjust("29 seconds")
    yield* nothing
  }))

  it("lets a lease that ran out be renewed and settled while nobody has taken the lane", Effect.gen(function*() {
    yield* offer(mention(lane, "a"))
    const lease = yield* take
    const { renew } = yield* JobQueue
    yield* TestClock.adjust("1 hour")
    assert.isTrue(yield* renew(lease))
    yield* TestClock.adjust("1 hour")
    assert.isTrue(yield* settle(lease, done))
  }))

  it("makes a job that is lost again and again wait, so that others of its kind get their turn", Effect.gen(function*() {
    yield* offer(mention(lane, "a"))
    yield* take
    for (const wait of [0, 0, 1, 2, 4, 8, 10, 10]) {
      yield* TestClock.adjust("30 seconds")
      if (wait > 0) {
        yield* nothing
        yield* TestClock.adjust(wait * 1000 - 1)
        yield* nothing
        yield* TestClock.adjust(1)
      }
      yield* take
    }
  }))
}

const settling = (it: It) => {
  it("runs a retried job again when its delay has passed, before what came after it", Effect.gen(function*() {
    const job = mention(lane, "a")
    yield* offerAll(job, mention(lane, "b"))
    assert.isTrue(yield* settle(yield* take, retryIn("10 seconds")))
    yield* stands(job, "waiting", "the model was away")
    yield* TestClock.adjust("9999 millis")
    yield* nothing
    yield* TestClock.adjust("1 millis")
    const lease = yield* take
    assert.deepStrictEqual([lease.job.delivery, lease.attempt], [job.delivery, 2])
  }))

  it("counts no attempt that was released, and gives the job out again at once", Effect.gen(function*() {
    yield* offerAll(mention(lane, "a"), mention(lane, "b"))
    assert.isTrue(yield* settle(yield* take, release))
    const lease = yield* take
    assert.deepStrictEqual([lease.job.delivery, lease.attempt, lease.losses], ["a", 1, 0])
  }))

  it("leaves a parked job alone and goes on with the lane", Effect.gen(function*() {
    const job = push(lane, "a")
    yield* offerAll(job, mention(lane, "b"))
    assert.isTrue(yield* settle(yield* take, park))
    yield* stands(job, "parked", "no more tries")
    assert.deepStrictEqual(yield* runAll, ["b"])
  }))

  it("runs a parked job again, afresh, when its delivery comes again", Effect.gen(function*() {
    const job = push(lane, "a")
    yield* offer(job)
    assert.isTrue(yield* settle(yield* take, retryIn(0)))
    const parked = yield* take
    assert.strictEqual(parked.attempt, 2)
    assert.isTrue(yield* settle(parked, park))
    assert.deepStrictEqual(yield* offer(job), Offered.cases.Accepted.make({ jobId: job.id }))
    yield* stands(job, "waiting")
    const lease = yield* take
    assert.strictEqual(lease.attempt, 1)
    assert.isFalse(yield* settle(parked, done))
    assert.isTrue(yield* settle(lease, done))
  }))

  it("lets the push that waits speak for an older parked one that is delivered again", Effect.gen(function*() {
    const [older, newer] = [push(lane, "older"), push(lane, "newer")]
    yield* offer(older)
    assert.isTrue(yield* settle(yield* take, park))
    yield* offer(newer)
    assert.deepStrictEqual(
      yield* offer(older),
      Offered.cases.Accepted.make({ jobId: newer.id, superseded: older.id })
    )
    assert.deepStrictEqual(yield* runAll, ["newer"])
  }))
}

const remembering = (it: It) => {
  it("tells how many jobs wait, run and are parked, and lists them by state in their order", Effect.gen(function*() {
    const jobs = [mention(lane, "a"), mention(lane, "b"), mention(lane, "c"), mention(lane, "d")]
    yield* offerAll(...jobs)
    yield* settle(yield* take, done)
    yield* settle(yield* take, park)
    yield* take
    const { depth, list } = yield* JobQueue
    assert.deepStrictEqual(yield* depth, { waiting: 1, running: 1, parked: 1 })
    const all = yield* list(Option.none())
    assert.deepStrictEqual(all.map(({ job, state }) => [job.delivery, state]), [
      ["a", "done"],
      ["b", "parked"],
      ["c", "running"],
      ["d", "waiting"]
    ])
    assert.deepStrictEqual((yield* list(Option.some("parked"))).map(({ job }) => job.delivery), ["b"])
  }))

  it("finds a job by its id and by its delivery, with its outcome", Effect.gen(function*() {
    const job = mention(lane, "a")
    const { find, jobOfDelivery } = yield* JobQueue
    assert.deepStrictEqual(yield* find(job.id), Option.none())
    yield* offer(job)
    yield* settle(yield* take, done)
    assert.deepStrictEqual(yield* jobOfDelivery("github", job.delivery), Option.some(job.id))
    assert.deepStrictEqual(yield* jobOfDelivery("gitlab", job.delivery), Option.none())
    assert.deepStrictEqual(yield* record(job), {
      job,
      state: "done",
      attempts: 1,
      reason: Option.none(),
      outcome: Option.some(reviewed)
    })
  }))

  it("forgets what ended more than seven days ago, and nothing that has not ended", Effect.gen(function*() {
    const jobs = [mention(lane, "done"), mention(lane, "parked"), mention(lane, "waiting")]
    yield* offerAll(...jobs)
    yield* settle(yield* take, done)
    yield* settle(yield* take, park)
    yield* TestClock.adjust("8 days")
    const { list } = yield* JobQueue
    assert.deepStrictEqual((yield* list(Option.none())).map(({ job }) => job.delivery), ["waiting"])
  }))
}
