import { assert } from "@effect/vitest"
import { LifecycleKind } from "@nominal-code/domain/event/PullRequestEvent"
import { Failure, ServiceName } from "@nominal-code/domain/job/Failure"
import { Notice } from "@nominal-code/domain/job/Notice"
import { LeaseTask, OfferResult, Settlement } from "@nominal-code/jobs/JobQueue"
import { lifecycle, mention, push, shaOf } from "@nominal-code/testing/Jobs"
import {
  cancel,
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
  stands,
  take,
  type TestFunction
} from "@nominal-code/testing/QueueSteps"
import { Duration, Effect, Option } from "effect"
import { TestClock } from "effect/testing"

const away = Failure.cases.Forge.make({ reason: "rate-limited", detail: "until tomorrow" })
const service = ServiceName.make("forge:github")
const waitFor = (delay: Duration.Input) =>
  Settlement.cases.Wait.make({ failure: away, service, delay: Duration.fromInputUnsafe(delay) })
const lose = Settlement.cases.Lose.make({ failure })
const giveUp = Settlement.cases.GiveUp.make({ failure })
const givenUp = LeaseTask.cases.Notice.make({ notice: Notice.cases.GivenUp.make({ failure }) })
const busy = LeaseTask.cases.Notice.make({ notice: Notice.cases.Busy.make({}) })

/** Behaviour of jobs that wait for a service. */
export const waiting = (it: TestFunction) => {
  it(
    "makes a job wait for a service without using an attempt, and shows which one and until when",
    Effect.gen(function*() {
      const job = mention(lane, "a")
      yield* TestClock.adjust("1 hour")
      yield* offer(job)
      assert.isTrue(yield* settle(yield* take, waitFor("3 hours")))
      const { attempts, failure, waitsFor } = yield* record(job)
      assert.deepStrictEqual([attempts, failure], [0, Option.some(away)])
      assert.deepStrictEqual(
        waitsFor,
        Option.some({
          service,
          since: Duration.toMillis("1 hour"),
          until: Duration.toMillis("4 hours")
        })
      )
      yield* TestClock.adjust("179 minutes")
      yield* nothing
      yield* TestClock.adjust("1 minute")
      const lease = yield* take
      assert.deepStrictEqual([lease.attempt, lease.run, lease.age], [1, 2, Duration.hours(3)])
      assert.deepStrictEqual((yield* record(job)).waitsFor, Option.none())
      yield* settle(lease, retryIn(0))
      assert.strictEqual((yield* take).attempt, 2)
    })
  )

  it(
    "tells how old a job is since it was accepted or made to wait again, however often it was tried",
    Effect.gen(function*() {
      const job = mention(lane, "a")
      yield* offer(job)
      for (const hours of [1, 2, 3]) {
        yield* TestClock.adjust("1 hour")
        const lease = yield* take
        assert.deepStrictEqual(lease.age, Duration.hours(hours))
        yield* settle(lease, hours < 3 ? waitFor(0) : park)
      }
      yield* offer(job)
      assert.deepStrictEqual((yield* take).age, Duration.zero)
    })
  )

  it(
    "counts a run that was ended from outside as a loss and not as an attempt, and runs the job again at once",
    Effect.gen(function*() {
      yield* offer(mention(lane, "a"))
      for (const losses of [0, 1]) {
        const lease = yield* take
        assert.deepStrictEqual([lease.attempt, lease.run, lease.losses], [1, losses + 1, losses])
        assert.isTrue(yield* settle(lease, lose))
      }
      yield* nothing
      yield* TestClock.adjust("10 seconds")
      assert.strictEqual((yield* take).losses, 2)
    })
  )
}

/** Behaviour of notices, and of their end. */
export const noticing = (it: TestFunction) => {
  it(
    "keeps a job that is given up as a notice before everything else of its lane, until it is told",
    Effect.gen(function*() {
      const job = push(lane, "a")
      yield* offer(job)
      const lease = yield* take
      yield* offerAll(mention(lane, "b"), push(lane, "c"))
      assert.isTrue(yield* settle(lease, giveUp))
      assert.deepStrictEqual((yield* record(job)).task, givenUp)
      yield* stands(job, "waiting", "bug: it broke")
      const notice = yield* take
      assert.deepStrictEqual([notice.job.id, notice.task, notice.attempt, notice.run], [job.id, givenUp, 1, 1])
      assert.strictEqual(yield* renew(notice), "kept")
      assert.isTrue(yield* settle(notice, park))
      yield* stands(job, "parked", "bug: it broke")
      assert.deepStrictEqual(yield* runAll, ["b", "c"])
    })
  )

  it(
    "keeps what a notice is about, and that it is one, however its posting fails",
    Effect.gen(function*() {
      const job = mention(lane, "a")
      yield* offer(job)
      yield* settle(yield* take, giveUp)
      yield* settle(yield* take, waitFor("1 hour"))
      assert.deepStrictEqual(
        Option.map((yield* record(job)).waitsFor, ({ service }) => service),
        Option.some(service)
      )
      yield* TestClock.adjust("1 hour")
      for (const settlement of [retryIn(0), lose, release]) yield* settle(yield* take, settlement)
      yield* take
      yield* TestClock.adjust("30 seconds")
      yield* nothing
      yield* TestClock.adjust("10 seconds")
      const notice = yield* take
      assert.deepStrictEqual([notice.task, notice.attempt, notice.run, notice.losses], [givenUp, 1, 1, 2])
      yield* settle(notice, done)
      yield* stands(job, "done")
    })
  )

  it(
    "does not let a newer push replace a notice, and reviews the push behind it",
    Effect.gen(function*() {
      const job = push(lane, "a")
      yield* offer(job)
      yield* settle(yield* take, giveUp)
      yield* offerAll(push(lane, "b"), push(lane, "c"))
      const notice = yield* take
      assert.deepStrictEqual([notice.job.id, notice.task], [job.id, givenUp])
      yield* settle(notice, park)
      assert.deepStrictEqual(yield* runAll, ["c"])
    })
  )

  it(
    "tells a full lane once that it is busy, however many comments are turned away meanwhile, and again later",
    Effect.gen(function*() {
      yield* offerAll(...Array.from({ length: 20 }, (_, index) => mention(lane, `m${index}`)))
      const [first, second, third] = [mention(lane, "x"), mention(lane, "y"), mention(lane, "z")]
      const full = (told: boolean) => OfferResult.cases.Full.make({ waiting: 20, told })
      assert.deepStrictEqual(yield* offer(first), full(true))
      assert.deepStrictEqual(yield* offer(second), full(false))
      const notice = yield* take
      assert.deepStrictEqual([notice.job.id, notice.task], [first.id, busy])
      assert.deepStrictEqual(yield* offer(third), full(false))
      yield* settle(notice, park)
      assert.deepStrictEqual(yield* offer(third), full(true))
      yield* settle(yield* take, park)
      assert.strictEqual((yield* runAll).length, 20)
    })
  )

  it(
    "answers a comment that was turned away when it is delivered again",
    Effect.gen(function*() {
      yield* offerAll(...Array.from({ length: 20 }, (_, index) => mention(lane, `m${index}`)))
      const extra = mention(lane, "extra")
      yield* offer(extra)
      yield* settle(yield* take, park)
      yield* settle(yield* take, done)
      assert.deepStrictEqual(yield* offer(extra), OfferResult.cases.Accepted.make({ jobId: extra.id }))
      assert.strictEqual((yield* runAll).at(-1), "extra")
    })
  )

  it(
    "turns no event of a pull request's life away",
    Effect.gen(function*() {
      yield* offerAll(...Array.from({ length: 20 }, (_, index) => mention(lane, `m${index}`)))
      for (const kind of LifecycleKind.literals) {
        const { _tag } = yield* offer(lifecycle(lane, kind, kind, shaOf(kind), { again: kind }))
        assert.strictEqual(_tag, "Accepted", kind)
      }
      assert.strictEqual((yield* offer(mention(lane, "extra")))._tag, "Full")
    })
  )

  it(
    "parks a notice that is cancelled",
    Effect.gen(function*() {
      const job = mention(lane, "a")
      yield* offer(job)
      yield* settle(yield* take, giveUp)
      yield* cancel(job)
      yield* stands(job, "parked", "cancelled")
      yield* nothing
    })
  )
}
