import { assert } from "@effect/vitest"
import { Job } from "@nominal-code/domain/job/Job"
import { OfferResult, QueueLimits, Settlement } from "@nominal-code/jobs/JobQueue"
import { JobRequestResult } from "@nominal-code/jobs/QueueAdmin"
import { mention, push } from "@nominal-code/testing/Jobs"
import {
  cancel,
  done,
  handled,
  lane,
  nothing,
  offer,
  offerAll,
  park,
  refused,
  release,
  renew,
  retry,
  retryIn,
  runAll,
  settle,
  stands,
  take,
  type TestFunction
} from "@nominal-code/testing/QueueSteps"
import { Effect, Option } from "effect"
import { TestClock } from "effect/testing"

const stop = Option.some("cancelled" as const)
const stopping = JobRequestResult.cases.Stopping.make({})
const parkCancelled = Settlement.cases.Park.make({})

/** Behaviour of cancelled jobs. */
export const cancelling = (it: TestFunction) => {
  it(
    "parks a waiting job that is cancelled, and the lane goes on",
    Effect.gen(function*() {
      const job = mention(lane, "a")
      yield* offerAll(job, mention(lane, "b"))
      assert.deepStrictEqual(yield* cancel(job), handled)
      yield* stands(job, "parked", "cancelled")
      assert.deepStrictEqual(yield* cancel(job), refused("it is parked"))
      assert.deepStrictEqual(yield* runAll, ["b"])
      assert.deepStrictEqual(yield* retry(job), handled)
      assert.deepStrictEqual(yield* runAll, ["a"])
    })
  )

  it(
    "tells the holder of a job that is cancelled while it runs, and the job keeps its place until it is parked",
    Effect.gen(function*() {
      const job = mention(lane, "a")
      yield* offerAll(job, mention(lane, "b"))
      const lease = yield* take
      assert.strictEqual(yield* renew(lease), "kept")
      assert.deepStrictEqual(yield* cancel(job), stopping)
      yield* stands(job, "running", "cancelled")
      assert.deepStrictEqual(yield* cancel(job), stopping)
      assert.deepStrictEqual(yield* retry(job), refused("it is running"))
      assert.deepStrictEqual(yield* offer(job), OfferResult.cases.Duplicate.make({ jobId: job.id }))
      for (let round = 0; round < 3; round++) {
        yield* TestClock.adjust("29 seconds")
        assert.strictEqual(yield* renew(lease), "cancelled")
      }
      yield* TestClock.adjust("29 seconds")
      yield* nothing
      assert.isTrue(yield* settle(lease, parkCancelled))
      yield* stands(job, "parked", "cancelled")
      assert.deepStrictEqual(yield* runAll, ["b"])
    })
  )

  it(
    "cancels the reviews and questions of a lane with the same write that takes a request for it, and leaves other commands",
    Effect.gen(function*() {
      const [running, waiting, question, pause] = [
        mention(lane, "a", "review the locks"),
        push(lane, "b"),
        mention(lane, "c", "why is it null?"),
        mention(lane, "d", "pause")
      ]
      yield* offer(running)
      const lease = yield* take
      yield* offerAll(waiting, question, pause)
      const request = mention(lane, "e", "cancel")
      assert.deepStrictEqual(yield* offer(request), OfferResult.cases.Accepted.make({ jobId: request.id }))
      yield* stands(running, "running", "cancelled")
      yield* stands(waiting, "parked", "cancelled")
      yield* stands(question, "parked", "cancelled")
      yield* stands(pause, "waiting")
      assert.strictEqual(yield* renew(lease), "cancelled")
      assert.isTrue(yield* settle(lease, parkCancelled))
      const later = mention(lane, "f", "review")
      yield* offer(later)
      assert.strictEqual((yield* offer(request))._tag, "Duplicate")
      assert.deepStrictEqual(yield* runAll, ["d", "e", "f"])
    })
  )

  it(
    "gives commands out before what a model is asked for, also when they are tried again",
    Effect.gen(function*() {
      const [review, pause, question, help] = [
        mention(lane, "a", "review"),
        mention(lane, "b", "pause"),
        mention(lane, "c", "why is it null?"),
        mention(lane, "d", "help")
      ]
      yield* offerAll(review, pause, question, help)
      const lease = yield* take
      assert.deepStrictEqual([lease.job.id, lease.task._tag, lease.attempt], [pause.id, "Review", 1])
      yield* settle(lease, park)
      assert.deepStrictEqual(yield* retry(pause), handled)
      assert.deepStrictEqual(yield* runAll, ["d", "b", "a", "c"])
    })
  )

  it(
    "cancels nothing for somebody who may have no right to it",
    Effect.gen(function*() {
      const [running, waiting] = [mention(lane, "a", "review the locks"), push(lane, "b")]
      yield* offer(running)
      const lease = yield* take
      yield* offer(waiting)
      yield* offer(new Job({ ...mention(lane, "c", "cancel"), unverified: true }))
      assert.strictEqual(yield* renew(lease), "kept")
      yield* stands(waiting, "waiting")
    })
  )

  it(
    "takes a request to cancel where as many comments wait as may",
    Effect.gen(function*() {
      const { laneCapacity } = yield* QueueLimits
      yield* Effect.forEach(
        Array.from({ length: laneCapacity }, (_, at) => mention(lane, `a${at}`, "review")),
        offer,
        { discard: true }
      )
      const request = mention(lane, "z", "cancel")
      assert.strictEqual((yield* offer(request))._tag, "Accepted")
      assert.deepStrictEqual(yield* runAll, ["z"])
    })
  )

  it(
    "runs a job again that was cancelled while it ran, as a run of its own that nobody has cancelled",
    Effect.gen(function*() {
      const job = mention(lane, "a")
      yield* offer(job)
      const lease = yield* take
      yield* cancel(job)
      yield* settle(lease, parkCancelled)
      assert.deepStrictEqual(yield* retry(job), handled)
      yield* stands(job, "waiting")
      const again = yield* take
      assert.deepStrictEqual([again.attempt, again.run, again.stop], [1, 2, Option.none()])
      assert.strictEqual(yield* renew(again), "kept")
    })
  )

  for (const [settlement, reason] of [[done, ""], [park, "cancelled"]] as const) {
    it(
      `lets a job that ended as ${settlement._tag} before it was stopped have ended so`,
      Effect.gen(function*() {
        const job = mention(lane, "a")
        yield* offer(job)
        const lease = yield* take
        yield* cancel(job)
        assert.isTrue(yield* settle(lease, settlement))
        yield* stands(job, settlement._tag === "Done" ? "done" : "parked", reason)
        yield* nothing
      })
    )
  }

  for (const settlement of [release, retryIn("1 hour")]) {
    it(
      `gives a cancelled job at once to the next taker after ${settlement._tag}, to be ended and not to be run`,
      Effect.gen(function*() {
        const [job, newer] = [push(lane, "a"), push(lane, "b")]
        yield* offer(job)
        yield* settle(yield* take, retryIn(0))
        const left = yield* take
        yield* cancel(job)
        yield* offer(newer)
        assert.isTrue(yield* settle(left, settlement))
        yield* stands(job, "running", "cancelled")
        assert.deepStrictEqual(yield* cancel(job), stopping)
        assert.strictEqual(yield* renew(left), "lost")
        assert.isFalse(yield* settle(left, done))

        const lease = yield* take
        assert.deepStrictEqual([lease.job.id, lease.stop, lease.run], [job.id, stop, left.run])
        assert.isAbove(lease.epoch, left.epoch)
        yield* nothing
        assert.strictEqual(yield* renew(left), "lost")
        assert.strictEqual(yield* renew(lease), "cancelled")
        assert.isTrue(yield* settle(lease, parkCancelled))
        const next = yield* take
        assert.deepStrictEqual([next.job.id, next.stop], [newer.id, Option.none()])
      })
    )
  }

  it(
    "gives a cancelled job to the next taker when its holder is gone, again and again until somebody parks it",
    Effect.gen(function*() {
      const job = mention(lane, "a")
      yield* offerAll(job, mention(lane, "b"))
      let before = yield* take
      yield* cancel(job)
      for (let round = 0; round < 5; round++) {
        yield* TestClock.adjust("29999 millis")
        yield* nothing
        yield* TestClock.adjust("1 millis")
        const lease = yield* take
        assert.deepStrictEqual([lease.job.id, lease.stop, lease.run, lease.losses], [job.id, stop, 1, 0])
        assert.isAbove(lease.epoch, before.epoch)
        assert.strictEqual(yield* renew(before), "lost")
        assert.isFalse(yield* settle(before, parkCancelled))
        before = lease
      }
      assert.isTrue(yield* settle(before, parkCancelled))
      assert.deepStrictEqual(yield* runAll, ["b"])
    })
  )
}
