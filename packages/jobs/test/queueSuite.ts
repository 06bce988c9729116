import { assert, describe, it } from "@effect/vitest"
import { OfferResult, QueueLimits } from "@nominal-code/jobs/JobQueue"
import type { StoreError } from "@nominal-code/persistence/StoreError"
import { laneOf, mention, push } from "@nominal-code/testing/Jobs"
import {
  cancel,
  done,
  lane,
  nothing,
  offer,
  offerAll,
  park,
  release,
  retryIn,
  runAll,
  type Services,
  settle,
  stands,
  take,
  type TestFunction
} from "@nominal-code/testing/QueueSteps"
import { Duration, Effect, Layer } from "effect"
import { TestClock } from "effect/testing"
import { cancelling } from "./cancelSuite.ts"
import { askedAgain, coalescing, identifying } from "./eventSuite.ts"
import { leasing, settling } from "./leaseSuite.ts"
import { noticing, waiting } from "./noticeSuite.ts"
import { operating } from "./operateSuite.ts"
import { readySuite } from "./readySuite.ts"
import { remembering } from "./recordsSuite.ts"
import { superseding } from "./supersedeSuite.ts"

/** Contract of every `JobQueue`. Every change is announced at once; another suite tests the sweep. */
export const queueSuite = (name: string, store: Layer.Layer<Services, StoreError>) => {
  const test = (onPush: "finish" | "supersede"): TestFunction => {
    const limits = Layer.succeed(QueueLimits, { ...QueueLimits.defaultValue(), sweepEvery: Duration.hours(1), onPush })
    const fresh = Layer.fresh(store).pipe(Layer.provide(limits))
    return (title, body) => it.effect(title, () => Effect.provide(body, fresh))
  }
  const it_ = test("finish")

  describe(`JobQueue (${name})`, () => {
    offering(it_)
    identifying(it_)
    askedAgain(it_)
    coalescing(it_)
    replacing(it_)
    leasing(it_)
    settling(it_)
    waiting(it_)
    noticing(it_)
    remembering(it_)
    operating(it_)
    cancelling(it_)
    superseding(test("supersede"))
    readySuite(it_)
  })
}

const offering = (it: TestFunction) => {
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
    "stores a delivery once while its job waits, runs and is done, for seven days",
    Effect.gen(function*() {
      const job = push(lane, "a")
      const again = OfferResult.cases.Duplicate.make({ jobId: job.id })
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
    "stores a delivery once whose job was superseded, and again one whose job was parked or cancelled",
    Effect.gen(function*() {
      const [parked, superseded, cancelled] = [mention(lane, "a"), push(lane, "b"), push(lane, "c")]
      yield* offer(parked)
      yield* settle(yield* take, park)
      yield* offerAll(superseded, cancelled)
      yield* cancel(cancelled)
      yield* nothing
      assert.deepStrictEqual(yield* offer(superseded), OfferResult.cases.Duplicate.make({ jobId: superseded.id }))
      for (const job of [parked, cancelled]) {
        assert.deepStrictEqual(yield* offer(job), OfferResult.cases.Accepted.make({ jobId: job.id }))
      }
      assert.deepStrictEqual(yield* runAll, ["a", "c"])
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
}

const replacing = (it: TestFunction) => {
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
