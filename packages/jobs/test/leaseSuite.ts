import { assert } from "@effect/vitest"
import { failureText, ServiceName } from "@nominal-code/domain/job/Failure"
import { JobQueue, OfferResult } from "@nominal-code/jobs/JobQueue"
import { reasonOf } from "@nominal-code/jobs/JobRecords"
import { laneOf, mention, push } from "@nominal-code/testing/Jobs"
import {
  done,
  failure,
  lane,
  nothing,
  offer,
  offerAll,
  park,
  record,
  release,
  renew,
  retryIn,
  runAll,
  settle,
  settleAndTake,
  stands,
  take,
  type TestFunction
} from "@nominal-code/testing/QueueSteps"
import { Effect, Option } from "effect"
import { TestClock } from "effect/testing"

/** Behaviour of leases. */
export const leasing = (it: TestFunction) => {
  it(
    "gives a lane to one taker at a time, and other lanes to others",
    Effect.gen(function*() {
      yield* offerAll(mention(lane, "a"), mention(lane, "b"), mention(laneOf(2), "c"))
      yield* take
      yield* nothing
      assert.isTrue(Option.isSome(yield* JobQueue.use((queue) => queue.take(laneOf(2)))))
    })
  )

  it(
    "gives a job whose lease ran out to the next taker, under a higher epoch, as the same attempt",
    Effect.gen(function*() {
      yield* offer(mention(lane, "a"))
      const first = yield* take
      yield* TestClock.adjust("29999 millis")
      yield* nothing
      yield* TestClock.adjust("1 millis")
      const second = yield* take
      assert.isAbove(second.epoch, first.epoch)
      assert.deepStrictEqual([first.attempt, first.run, first.losses], [1, 1, 0])
      assert.deepStrictEqual([second.attempt, second.run, second.losses], [1, 1, 1])
    })
  )

  it(
    "counts no loss where runs live outside the process, however often a lease runs out, and gives the same run out at once",
    Effect.gen(function*() {
      const job = mention(lane, "a")
      yield* offer(job)
      for (let servers = 0; servers < 70; servers++) {
        const lease = Option.getOrThrow(yield* JobQueue.use((queue) => queue.take(lane, "out-of-process")))
        assert.deepStrictEqual([lease.attempt, lease.run, lease.losses], [1, 1, 0])
        yield* TestClock.adjust("30 seconds")
      }
      assert.strictEqual((yield* take).losses, 1)
    })
  )

  it(
    "does not let a lost lease change anything",
    Effect.gen(function*() {
      const job = mention(lane, "a")
      yield* offer(job)
      const lost = yield* take
      yield* TestClock.adjust("30 seconds")
      const lease = yield* take
      const before = yield* record(job)
      assert.strictEqual(yield* renew(lost), "lost")
      for (const settlement of [done, park, release, retryIn(0)]) assert.isFalse(yield* settle(lost, settlement))
      assert.deepStrictEqual(yield* record(job), before)
      assert.isTrue(yield* settle(lease, done))
      for (const settlement of [done, park, release, retryIn(0)]) assert.isFalse(yield* settle(lease, settlement))
      assert.strictEqual(yield* renew(lease), "lost")
      yield* stands(job, "done")
    })
  )

  it(
    "settles a lease and gives out the lane's next job with it, and none with a lease that was lost",
    Effect.gen(function*() {
      const jobs = [mention(lane, "a"), mention(lane, "b"), mention(lane, "c")]
      yield* offerAll(...jobs)
      const first = yield* take
      const { next, settled } = yield* settleAndTake(first, done)
      const second = Option.getOrThrow(next)
      assert.deepStrictEqual([settled, second.job.delivery, second.attempt, second.run], [true, "b", 1, 1])
      assert.isAbove(second.epoch, first.epoch)
      yield* nothing
      assert.deepStrictEqual(yield* settleAndTake(first, done), { settled: false, next: Option.none() })
      const rerun = yield* settleAndTake(second, retryIn("1 minute"))
      assert.deepStrictEqual(rerun, { settled: true, next: Option.none() })
      yield* TestClock.adjust("1 minute")
      assert.deepStrictEqual(yield* runAll, ["b", "c"])
    })
  )

  it(
    "keeps a lease for as long as it is renewed",
    Effect.gen(function*() {
      yield* offer(mention(lane, "a"))
      const lease = yield* take
      for (let round = 0; round < 10; round++) {
        yield* TestClock.adjust("29 seconds")
        assert.strictEqual(yield* renew(lease), "kept")
      }
      yield* TestClock.adjust("29 seconds")
      yield* nothing
    })
  )

  it(
    "shows what a run waits for as long as its renewals say so, and since when",
    Effect.gen(function*() {
      const model = ServiceName.make("model:anthropic")
      const job = mention(lane, "a")
      yield* offer(job)
      const lease = yield* take
      assert.deepStrictEqual((yield* record(job)).waitsFor, Option.none())
      yield* TestClock.adjust("10 seconds")
      for (let round = 0; round < 2; round++) {
        assert.strictEqual(yield* renew(lease, model), "kept")
        assert.deepStrictEqual((yield* record(job)).waitsFor, Option.some({ service: model, since: 10_000 }))
        assert.strictEqual(reasonOf(yield* record(job)), "waits for model:anthropic")
        yield* TestClock.adjust("10 seconds")
      }
      yield* renew(lease)
      assert.deepStrictEqual((yield* record(job)).waitsFor, Option.none())
    })
  )

  it(
    "does not show what a run has waited for once it has ended, however it ended",
    Effect.gen(function*() {
      const model = ServiceName.make("model:anthropic")
      const job = mention(lane, "a")
      yield* offer(job)
      for (const settlement of [release, retryIn(0)]) {
        const lease = yield* take
        yield* renew(lease, model)
        yield* settle(lease, settlement)
        assert.deepStrictEqual((yield* record(job)).waitsFor, Option.none())
      }
      yield* renew(yield* take, model)
      yield* TestClock.adjust("30 seconds")
      const lease = yield* take
      assert.deepStrictEqual((yield* record(job)).waitsFor, Option.none())
      yield* renew(lease, model)
      yield* settle(lease, done)
      assert.deepStrictEqual((yield* record(job)).waitsFor, Option.none())
    })
  )

  it(
    "lets a lease that ran out be renewed and settled while nobody has taken the lane",
    Effect.gen(function*() {
      yield* offer(mention(lane, "a"))
      const lease = yield* take
      yield* TestClock.adjust("1 hour")
      assert.strictEqual(yield* renew(lease), "kept")
      yield* TestClock.adjust("1 hour")
      assert.isTrue(yield* settle(lease, done))
    })
  )

  it(
    "gives out what waits at once although the clock was set back",
    Effect.gen(function*() {
      yield* TestClock.adjust("1 day")
      yield* offerAll(mention(lane, "a"), mention(lane, "b"))
      yield* TestClock.setTime(0)
      yield* settle(yield* take, release)
      assert.deepStrictEqual(yield* runAll, ["a", "b"])
    })
  )

  it(
    "makes a job that is lost again and again wait, ever longer up to half an hour",
    Effect.gen(function*() {
      yield* offer(mention(lane, "a"))
      yield* take
      for (const wait of [0, 10, 30, 90, 270, 810, 1800, 1800]) {
        yield* TestClock.adjust("30 seconds")
        if (wait > 0) {
          yield* nothing
          yield* TestClock.adjust(wait * 1000 - 1)
          yield* nothing
          yield* TestClock.adjust(1)
        }
        yield* take
      }
    })
  )
}

/** Behaviour of jobs at the end of their lease. */
export const settling = (it: TestFunction) => {
  it(
    "runs a retried job again when its delay has passed, before what came after it",
    Effect.gen(function*() {
      const job = mention(lane, "a")
      yield* offerAll(job, mention(lane, "b"))
      assert.isTrue(yield* settle(yield* take, retryIn("10 seconds")))
      yield* stands(job, "waiting", failureText(failure))
      yield* TestClock.adjust("9999 millis")
      yield* nothing
      yield* TestClock.adjust("1 millis")
      const lease = yield* take
      assert.deepStrictEqual([lease.job.delivery, lease.attempt], [job.delivery, 2])
    })
  )

  it(
    "counts no attempt that was released, and gives the job out again at once",
    Effect.gen(function*() {
      yield* offerAll(mention(lane, "a"), mention(lane, "b"))
      assert.isTrue(yield* settle(yield* take, release))
      const lease = yield* take
      assert.deepStrictEqual([lease.job.delivery, lease.attempt, lease.losses], ["a", 1, 0])
    })
  )

  it(
    "leaves a parked job alone and goes on with the lane",
    Effect.gen(function*() {
      const job = mention(lane, "a")
      yield* offerAll(job, mention(lane, "b"))
      assert.isTrue(yield* settle(yield* take, park))
      yield* stands(job, "parked")
      assert.deepStrictEqual(yield* runAll, ["b"])
    })
  )

  it(
    "runs a parked job again, afresh, when its delivery comes again",
    Effect.gen(function*() {
      const job = push(lane, "a")
      yield* offer(job)
      assert.isTrue(yield* settle(yield* take, retryIn(0)))
      const parked = yield* take
      assert.strictEqual(parked.attempt, 2)
      assert.isTrue(yield* settle(parked, park))
      assert.deepStrictEqual(yield* offer(job), OfferResult.cases.Accepted.make({ jobId: job.id }))
      yield* stands(job, "waiting")
      const lease = yield* take
      assert.deepStrictEqual([lease.attempt, lease.run], [1, 3])
      assert.isFalse(yield* settle(parked, done))
      assert.isTrue(yield* settle(lease, done))
    })
  )

  it(
    "lets a parked push that is delivered again replace the one that waits, for both review the head",
    Effect.gen(function*() {
      const [older, newer] = [push(lane, "older"), push(lane, "newer")]
      yield* offer(older)
      assert.isTrue(yield* settle(yield* take, park))
      yield* offer(newer)
      assert.deepStrictEqual(
        yield* offer(older),
        OfferResult.cases.Accepted.make({ jobId: older.id, superseded: newer.id })
      )
      assert.deepStrictEqual(yield* runAll, ["older"])
    })
  )
}
