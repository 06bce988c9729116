import { assert } from "@effect/vitest"
import { isAutomatic } from "@nominal-code/domain/event/PullRequestEvent"
import { Failure } from "@nominal-code/domain/job/Failure"
import { type Job, JobOutcome } from "@nominal-code/domain/job/Job"
import { JobQueue, OfferResult, Settlement } from "@nominal-code/jobs/JobQueue"
import { JobRecords } from "@nominal-code/jobs/JobRecords"
import { laneOf, lifecycle, mention, push, reviewOf, shaOf } from "@nominal-code/testing/Jobs"
import {
  done,
  failure,
  lane,
  nothing,
  offer,
  offerAll,
  park,
  record,
  refused,
  release,
  retry,
  runAll,
  settle,
  stands,
  take,
  type TestFunction
} from "@nominal-code/testing/QueueSteps"
import { Effect, Option } from "effect"

const accepted = (jobId: string) => OfferResult.cases.Accepted.make({ jobId })
const duplicate = (jobId: string) => OfferResult.cases.Duplicate.make({ jobId })
const skipped = (reason: "closed" | "head-reviewed") =>
  Settlement.cases.Done.make({
    outcome: JobOutcome.cases.Skipped.make({ reason, detail: "there is nothing to do", headSha: shaOf("head") })
  })

/** One event that two hooks deliver, each under an id of its own. */
const twins = {
  comment: [mention(lane, "a", "explain", 7), mention(lane, "b", "explain", 7)],
  push: [lifecycle(lane, "a", "pr_push", shaOf("head")), lifecycle(lane, "b", "pr_push", shaOf("head"))]
} as const

/** Takes the job of a push, whose event comes again while it runs. */
const takeAndComeAgain = Effect.gen(function*() {
  const [first, second] = twins.push
  yield* offer(first)
  const lease = yield* take
  assert.deepStrictEqual(yield* offer(second), duplicate(first.id))
  return lease
})

/** A request to review a head again, and an event that replaces it. */
const [asked, reopened] = [
  lifecycle(lane, "asked", "pr_rerun", shaOf("head"), { again: "asked" }),
  lifecycle(lane, "reopened", "pr_reopened", shaOf("head"))
]

const takesAgain = Effect.gen(function*() {
  const { job } = yield* take
  assert.strictEqual(job.delivery, "reopened")
  assert.deepInclude(job.event, { again: `asked ${asked.id}`, asked: true })
  assert.isFalse(isAutomatic(job.event))
})

/** Behaviour of a request to review a head again that an event replaces, whose head may have its review. */
export const askedAgain = (it: TestFunction) => {
  it(
    "hands a request to review again on to the event that replaces it",
    Effect.gen(function*() {
      yield* offerAll(asked, reopened)
      yield* takesAgain
    })
  )

  it(
    "hands a request to review again on to the event that came while it ran, if it is not done",
    Effect.gen(function*() {
      yield* offer(asked)
      const lease = yield* take
      yield* offer(reopened)
      yield* settle(lease, release)
      yield* takesAgain
    })
  )
  retargeted(it)
}

/** Behaviour of another base of a pull request, for which nobody has asked. */
const retargeted = (it: TestFunction) => {
  it(
    "hands on that a person asked, to an event that reviews the head again by itself, and not the other way round",
    Effect.gen(function*() {
      const other = lifecycle(lane, "other", "pr_retargeted", shaOf("head"), { again: "other" })
      yield* offerAll(asked, other)
      assert.deepInclude((yield* take).job.event, { again: "other", asked: true })
      yield* offerAll(lifecycle(laneOf(2), "base", "pr_retargeted", shaOf("head"), { again: "base" }))
      yield* offer(lifecycle(laneOf(2), "later", "pr_push", shaOf("later")))
      const lease = Option.getOrThrow(yield* JobQueue.use((queue) => queue.take(laneOf(2))))
      assert.isTrue(isAutomatic(lease.job.event))
    })
  )
}

/** Behaviour of two deliveries of one event, and of those that ask for something new. */
export const identifying = (it: TestFunction) => {
  for (const [kind, [first, second]] of Object.entries(twins)) {
    it(
      `takes a ${kind} that comes under two delivery ids for one job while it waits, runs and once it is reviewed`,
      Effect.gen(function*() {
        yield* offer(first)
        assert.deepStrictEqual(yield* offer(second), duplicate(first.id))
        const lease = yield* take
        assert.deepStrictEqual(yield* offer(second), duplicate(first.id))
        yield* settle(lease, done)
        assert.deepStrictEqual(yield* offer(second), duplicate(first.id))
        yield* nothing
      })
    )

    it(
      `accepts another delivery of a ${kind} whose job is parked, and does not run both`,
      Effect.gen(function*() {
        yield* offer(first)
        yield* settle(yield* take, park)
        assert.deepStrictEqual(yield* offer(second), accepted(second.id))
        assert.deepStrictEqual(yield* offer(first), duplicate(second.id))
        assert.strictEqual((yield* retry(first))._tag, "Refused")
        assert.deepStrictEqual(yield* runAll, ["b"])
        assert.deepStrictEqual(yield* retry(first), refused(`job ${second.id} answers the same event`))
      })
    )
  }

  it(
    "does not take the comment of another lane, or another comment, for the same one",
    Effect.gen(function*() {
      yield* offer(mention(lane, "a", "explain", 7))
      assert.strictEqual((yield* offer(mention(laneOf(2), "b", "explain", 7)))._tag, "Accepted")
      assert.strictEqual((yield* offer(mention(lane, "c", "explain", 8)))._tag, "Accepted")
    })
  )

  it(
    "takes a comment for answered when its run found nothing to do",
    Effect.gen(function*() {
      const [first, second] = twins.comment
      yield* offer(first)
      yield* settle(yield* take, skipped("closed"))
      assert.deepStrictEqual(yield* offer(second), duplicate(first.id))
    })
  )

  it(
    "looks again at a head that was not reviewed when its event comes again, and not at one that was",
    Effect.gen(function*() {
      const [first, second] = twins.push
      yield* offer(first)
      yield* settle(yield* take, skipped("closed"))
      assert.deepStrictEqual(yield* offer(second), accepted(second.id))
      yield* settle(yield* take, skipped("head-reviewed"))
      const third = lifecycle(lane, "c", "pr_push", shaOf("head"))
      assert.deepStrictEqual(yield* offer(third), duplicate(second.id))
    })
  )

  it(
    "looks again at a head that came back after another one was reviewed in its place",
    Effect.gen(function*() {
      const first = push(lane, "a")
      yield* offer(first)
      const lease = yield* take
      const second = lifecycle(lane, "b", "pr_push", shaOf("a"))
      assert.deepStrictEqual(yield* offer(second), duplicate(first.id))
      yield* settle(lease, done)
      const again = yield* take
      assert.strictEqual(again.job.id, first.id)
      yield* settle(again, done)
      assert.deepStrictEqual(yield* offer(second), accepted(second.id))
    })
  )

  it(
    "looks again when an event came again while its run found nothing to do, for it may have come after it looked",
    Effect.gen(function*() {
      const [first] = twins.push
      const lease = yield* takeAndComeAgain
      yield* settle(lease, skipped("closed"))
      const again = yield* take
      assert.deepStrictEqual([again.job.id, again.attempt, again.run], [first.id, 1, 2])
      yield* settle(again, skipped("closed"))
      yield* stands(first, "done", "there is nothing to do")
      yield* nothing
    })
  )

  it(
    "looks again when an event came again while its run was given up, and the notice finds a review of another head",
    Effect.gen(function*() {
      const [first] = twins.push
      const lease = yield* takeAndComeAgain
      yield* settle(lease, Settlement.cases.GiveUp.make({ failure }))
      yield* settle(yield* take, Settlement.cases.Done.make({ outcome: reviewOf(shaOf("other")) }))
      const again = yield* take
      assert.deepStrictEqual([again.job.id, again.task._tag, again.attempt, again.run], [first.id, "Review", 1, 2])
      yield* settle(again, skipped("head-reviewed"))
      yield* stands(first, "done", "there is nothing to do")
      yield* nothing
    })
  )

  it(
    "knows a head that was reviewed, and each head while the lane has a lifecycle job",
    Effect.gen(function*() {
      const knows = (name: string) => JobRecords.use((records) => records.knowsHead(lane, shaOf(name)))
      yield* offer(mention(lane, "comment"))
      assert.isFalse(yield* knows("a"))
      yield* settle(yield* take, done)
      const first = push(lane, "a")
      yield* offer(first)
      assert.deepStrictEqual([yield* knows("a"), yield* knows("b")], [true, true])
      const lease = yield* take
      assert.deepStrictEqual([yield* knows("a"), yield* knows("b")], [true, true])
      yield* settle(lease, park)
      assert.deepStrictEqual([yield* knows("a"), yield* knows("b")], [false, false])
      yield* offer(lifecycle(lane, "head", "pr_opened", shaOf("head")))
      yield* settle(yield* take, done)
      assert.deepStrictEqual([yield* knows("head"), yield* knows("b")], [true, false])
    })
  )

  it(
    "has a job of a comment from its offer on, whatever becomes of it, unless it was refused",
    Effect.gen(function*() {
      const [first, second] = [mention(lane, "first"), mention(lane, "second")]
      const has = ({ event }: Job) => JobRecords.use((records) => records.hasJob(lane, event))
      yield* offer(first)
      assert.deepStrictEqual([yield* has(first), yield* has(second)], [true, false])
      yield* settle(yield* take, done)
      assert.isTrue(yield* has(first))
      yield* offer(second)
      yield* settle(yield* take, park)
      assert.isTrue(yield* has(second))
      const forged = mention(lane, "forged")
      yield* offer(forged)
      const failure = Failure.cases.Unsigned.make({ detail: "nobody" })
      yield* settle(yield* take, Settlement.cases.Park.make({ failure }))
      yield* stands(forged, "parked", "unsigned: nobody")
      assert.isFalse(yield* has(forged))
    })
  )
}

/** Behaviour of a lifecycle job that stands for several events. */
export const coalescing = (it: TestFunction) => {
  it(
    "lets the later of two waiting lifecycle jobs stand for the earlier, whatever their commits",
    Effect.gen(function*() {
      const [older, newer] = [push(lane, "older"), lifecycle(lane, "newer", "pr_reopened", shaOf("before"))]
      yield* offer(older)
      assert.deepStrictEqual(
        yield* offer(newer),
        OfferResult.cases.Accepted.make({ jobId: newer.id, superseded: older.id })
      )
      yield* stands(older, "superseded", `job ${newer.id} is newer`)
      assert.deepStrictEqual((yield* record(older)).supersededBy, Option.some(newer.id))
      assert.deepStrictEqual((yield* record(newer)).stoodFor, [older.id])
      assert.deepStrictEqual(yield* runAll, ["newer"])
    })
  )

  it(
    "keeps which jobs a job stood for, the last 50",
    Effect.gen(function*() {
      const pushes = Array.from({ length: 60 }, (_, index) => push(lane, `p${index}`))
      yield* offerAll(...pushes)
      const last = push(lane, "last")
      yield* offer(last)
      yield* settle(yield* take, done)
      assert.deepStrictEqual((yield* record(last)).stoodFor, pushes.slice(-50).map(({ id }) => id))
    })
  )

  it(
    "keeps mentions, running jobs and other lanes' pushes when a push comes, and runs what people asked for first",
    Effect.gen(function*() {
      yield* offer(push(laneOf(2), "elsewhere"))
      yield* offer(push(lane, "running"))
      const lease = yield* take
      yield* offerAll(mention(lane, "m1"), push(lane, "p1"), mention(lane, "m2"), push(lane, "p2"))
      assert.isTrue(yield* settle(lease, done))
      assert.deepStrictEqual(yield* runAll, ["m1", "m2", "p2"])
      yield* stands(push(laneOf(2), "elsewhere"), "waiting")
    })
  )
}
