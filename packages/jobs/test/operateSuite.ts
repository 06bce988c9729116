import { assert } from "@effect/vitest"
import { ServiceName } from "@nominal-code/domain/job/Failure"
import { Settlement } from "@nominal-code/jobs/JobQueue"
import { JobRequestResult } from "@nominal-code/jobs/QueueAdmin"
import { mention, push } from "@nominal-code/testing/Jobs"
import {
  cancel,
  done,
  failure,
  handled,
  lane,
  nothing,
  offer,
  offerAll,
  park,
  record,
  refused,
  retry,
  retryIn,
  runAll,
  settle,
  stands,
  take,
  type TestFunction
} from "@nominal-code/testing/QueueSteps"
import { Duration, Effect, Option } from "effect"
import { TestClock } from "effect/testing"

/** Behaviour of the requests that people make about a job. */
export const operating = (it: TestFunction) => {
  it(
    "can do nothing about a job that it does not know",
    Effect.gen(function*() {
      const job = push(lane, "a")
      assert.deepStrictEqual(yield* retry(job), JobRequestResult.cases.Unknown.make({}))
      assert.deepStrictEqual(yield* cancel(job), JobRequestResult.cases.Unknown.make({}))
    })
  )

  it(
    "runs a parked job again, behind what waits, as a run of its own",
    Effect.gen(function*() {
      const job = mention(lane, "a")
      yield* offerAll(job, mention(lane, "b"))
      assert.isTrue(yield* settle(yield* take, retryIn(0)))
      const ended = yield* take
      assert.isTrue(yield* settle(ended, park))
      assert.deepStrictEqual(yield* retry(job), handled)
      const { attempts, endedAt, job: request, outcome, state } = yield* record(job)
      assert.deepStrictEqual([state, attempts, endedAt], ["waiting", 0, Option.none()])
      assert.deepStrictEqual([request, outcome], [Option.some(job), Option.none()])
      assert.isTrue(yield* settle(yield* take, done))
      const again = yield* take
      assert.deepStrictEqual([again.job.delivery, again.attempt, again.run], ["a", 1, 3])
      assert.isFalse(yield* settle(ended, done))
    })
  )

  it(
    "does not forget a job that waits again",
    Effect.gen(function*() {
      const job = mention(lane, "a")
      yield* offer(job)
      yield* settle(yield* take, park)
      yield* TestClock.adjust("6 days")
      yield* retry(job)
      yield* TestClock.adjust("6 days")
      assert.deepStrictEqual(yield* runAll, ["a"])
    })
  )

  it(
    "lets what waits for a service, or for its next attempt, wait no longer",
    Effect.gen(function*() {
      const job = mention(lane, "a")
      yield* offer(job)
      const service = ServiceName.make("forge:github")
      yield* settle(yield* take, Settlement.cases.Wait.make({ failure, service, delay: Duration.hours(1) }))
      yield* nothing
      assert.deepStrictEqual(yield* retry(job), JobRequestResult.cases.Done.make({}))
      const lease = yield* take
      assert.deepStrictEqual([lease.attempt, (yield* record(job)).waitsFor], [1, Option.none()])
      yield* settle(lease, retryIn(60))
      assert.deepStrictEqual(yield* retry(job), JobRequestResult.cases.Done.make({}))
      assert.deepStrictEqual((yield* take).attempt, 2)
    })
  )

  it(
    "refuses to run again what has not ended, what was replaced, and what a newer push does",
    Effect.gen(function*() {
      const [first, second, third] = [push(lane, "1"), push(lane, "2"), push(lane, "3")]
      yield* offer(first)
      assert.deepStrictEqual(yield* retry(first), refused("it is waiting"))
      yield* offer(second)
      assert.deepStrictEqual(yield* retry(first), refused(`it was replaced: job ${second.id} is newer`))
      const lease = yield* take
      assert.deepStrictEqual(yield* retry(second), refused("it is running"))
      yield* settle(lease, park)
      yield* offer(third)
      assert.deepStrictEqual(
        yield* retry(second),
        refused(`job ${third.id} waits, and does the same for the newest commit`)
      )
      yield* stands(second, "parked")
    })
  )

  it(
    "does not fill a lane beyond what may wait there",
    Effect.gen(function*() {
      const job = mention(lane, "first")
      yield* offer(job)
      yield* settle(yield* take, park)
      yield* offerAll(...Array.from({ length: 20 }, (_, index) => mention(lane, `m${index}`)))
      assert.deepStrictEqual(yield* retry(job), refused("20 jobs of its pull request wait already"))
    })
  )
}
