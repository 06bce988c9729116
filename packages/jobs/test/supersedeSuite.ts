import { assert } from "@effect/vitest"
import { lifecycle, mention, push, shaOf } from "@nominal-code/testing/Jobs"
import {
  cancel,
  done,
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
import { Effect, Option } from "effect"
import { TestClock } from "effect/testing"

const stop = Option.some("superseded" as const)
const [older, newer] = [push(lane, "older"), push(lane, "newer")]

/** Behaviour of a push during a review, where `onPush` is `supersede`. */
export const superseding = (it: TestFunction) => {
  it(
    "stops the running review when a push comes: its holder is told, and the newest push does its work",
    Effect.gen(function*() {
      yield* offer(older)
      const lease = yield* take
      assert.strictEqual(yield* renew(lease), "kept")
      yield* offerAll(newer, push(lane, "newest"))
      assert.strictEqual(yield* renew(lease), "superseded")
      yield* stands(older, "running")
      yield* nothing
      assert.isTrue(yield* settle(lease, park))
      yield* stands(older, "superseded", `job ${push(lane, "newest").id} is newer`)
      assert.deepStrictEqual((yield* record(push(lane, "newest"))).stoodFor, [newer.id, older.id])
      assert.deepStrictEqual(yield* runAll, ["newest"])
    })
  )

  it(
    "lets a review that is done before it is stopped be done",
    Effect.gen(function*() {
      yield* offer(older)
      const lease = yield* take
      yield* offer(newer)
      yield* settle(lease, done)
      yield* stands(older, "done")
      assert.deepStrictEqual(yield* runAll, ["newer"])
    })
  )

  for (const settlement of [release, retryIn("1 hour")]) {
    it(
      `gives a superseded run to the next taker after ${settlement._tag}, to be ended before the push is reviewed`,
      Effect.gen(function*() {
        yield* offer(older)
        const left = yield* take
        yield* offer(newer)
        yield* settle(left, settlement)
        const lease = yield* take
        assert.deepStrictEqual([lease.job.id, lease.stop, lease.run], [older.id, stop, left.run])
        yield* settle(lease, park)
        yield* stands(older, "superseded", `job ${newer.id} is newer`)
        assert.deepStrictEqual(yield* runAll, ["newer"])
      })
    )
  }

  it(
    "gives a superseded run whose process died to the next taker, to be ended",
    Effect.gen(function*() {
      yield* offer(older)
      yield* take
      yield* offer(newer)
      yield* TestClock.adjust("30 seconds")
      const lease = yield* take
      assert.deepStrictEqual([lease.job.id, lease.stop], [older.id, stop])
    })
  )

  it(
    "stops no answer to a comment, and no review for an event that is no push",
    Effect.gen(function*() {
      yield* offer(mention(lane, "a"))
      const comment = yield* take
      yield* offer(older)
      assert.strictEqual(yield* renew(comment), "kept")
      yield* settle(comment, done)
      const review = yield* take
      yield* offer(lifecycle(lane, "b", "pr_ready_for_review", shaOf("older")))
      assert.strictEqual(yield* renew(review), "kept")
    })
  )

  it(
    "takes the word of who cancels a superseded run",
    Effect.gen(function*() {
      yield* offer(older)
      const lease = yield* take
      yield* offer(newer)
      yield* cancel(older)
      yield* offer(push(lane, "newest"))
      assert.strictEqual(yield* renew(lease), "cancelled")
      yield* settle(lease, park)
      yield* stands(older, "parked", "cancelled")
    })
  )
}
