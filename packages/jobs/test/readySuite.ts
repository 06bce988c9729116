import { assert } from "@effect/vitest"
import { JobQueue, type Lease, Settlement } from "@nominal-code/jobs/JobQueue"
import { QueueAdmin } from "@nominal-code/jobs/QueueAdmin"
import { laneOf, mention, push, reviewed } from "@nominal-code/testing/Jobs"
import { failure, type TestFunction } from "@nominal-code/testing/QueueSteps"
import { quiet } from "@nominal-code/testing/Quiet"
import { Duration, Effect, Option, Stream } from "effect"
import { TestClock } from "effect/testing"

const done = Settlement.cases.Done.make({ outcome: reviewed })

/** Lets time pass as it does: not all at once while something is on its way to a store elsewhere. */
const pass = (seconds: number) =>
  Effect.repeat(Effect.andThen(TestClock.adjust("10 seconds"), quiet), { times: seconds / 10 - 1 })

/** Listens; gives the numbers of the pull requests that were named since it was asked last, however often each was. */
const listening = Effect.gen(function*() {
  const { ready } = yield* JobQueue
  const named: Array<number> = []
  yield* Effect.forkScoped(
    Stream.runForEach(ready, ({ lane }) => Effect.sync(() => named.push(lane.number)))
  )
  yield* quiet
  return () => Effect.map(quiet, () => [...new Set(named.splice(0))])
})

const offer = (pull: number, delivery: string) => JobQueue.use((queue) => queue.offer(mention(laneOf(pull), delivery)))
const take = (pull: number): Effect.Effect<Lease, never, JobQueue> =>
  JobQueue.use((queue) => Effect.orDie(Effect.map(queue.take(laneOf(pull)), Option.getOrThrow)))

/** Contract of `ready`: it names every lane that can be run. Nothing here needs the sweep, which is an hour away. */
export const readySuite = (it: TestFunction) => {
  it(
    "names at first every lane that has something to run, the longest waiting first",
    Effect.gen(function*() {
      yield* offer(2, "a")
      yield* offer(1, "b")
      yield* offer(3, "c")
      yield* take(3)
      yield* quiet
      const named = yield* listening
      assert.deepStrictEqual(yield* named(), [2, 1])
    }).pipe(Effect.scoped)
  )

  it(
    "names a lane when it gets a job, and again when a settled job leaves more to do",
    Effect.gen(function*() {
      const named = yield* listening
      assert.deepStrictEqual(yield* named(), [])
      yield* offer(1, "a")
      assert.deepStrictEqual(yield* named(), [1])
      const lease = yield* take(1)
      yield* offer(1, "b")
      assert.deepStrictEqual(yield* named(), [])
      const { settle } = yield* JobQueue
      yield* settle(lease, done)
      assert.deepStrictEqual(yield* named(), [1])
      yield* settle(yield* take(1), done)
      assert.deepStrictEqual(yield* named(), [])
    }).pipe(Effect.scoped)
  )

  it(
    "names a lane when the delay of its retry has passed",
    Effect.gen(function*() {
      const named = yield* listening
      yield* offer(1, "a")
      yield* named()
      const { settle } = yield* JobQueue
      yield* settle(yield* take(1), Settlement.cases.Retry.make({ failure, delay: Duration.seconds(10) }))
      assert.deepStrictEqual(yield* named(), [])
      yield* TestClock.adjust("9999 millis")
      assert.deepStrictEqual(yield* named(), [])
      yield* TestClock.adjust("1 millis")
      assert.deepStrictEqual(yield* named(), [1])
    }).pipe(Effect.scoped)
  )

  it(
    "names a lane when a job that had ended waits again, and when what held it up is cancelled",
    Effect.gen(function*() {
      const named = yield* listening
      const { offer, settle } = yield* JobQueue
      const { cancel, retry } = yield* QueueAdmin
      const [first, second] = [mention(laneOf(1), "a"), mention(laneOf(1), "b")]
      yield* offer(first)
      yield* settle(yield* take(1), Settlement.cases.Park.make({}))
      yield* named()
      yield* retry(first.id)
      assert.deepStrictEqual(yield* named(), [1])
      yield* settle(yield* take(1), Settlement.cases.Retry.make({ failure, delay: Duration.hours(10) }))
      yield* offer(second)
      assert.deepStrictEqual(yield* named(), [])
      yield* cancel(first.id)
      assert.deepStrictEqual(yield* named(), [1])
    }).pipe(Effect.scoped)
  )

  it(
    "names at once a lane whose delayed push was replaced by a newer one",
    Effect.gen(function*() {
      const named = yield* listening
      const { offer, settle } = yield* JobQueue
      yield* offer(push(laneOf(1), "a"))
      yield* settle(yield* take(1), Settlement.cases.Retry.make({ failure, delay: Duration.hours(10) }))
      yield* named()
      yield* offer(push(laneOf(1), "b"))
      assert.deepStrictEqual(yield* named(), [1])
    }).pipe(Effect.scoped)
  )

  it(
    "names a lane when the lease of its job runs out, and not while it is renewed",
    Effect.gen(function*() {
      const named = yield* listening
      yield* offer(1, "a")
      const lease = yield* take(1)
      yield* named()
      const { renew } = yield* JobQueue
      for (let round = 0; round < 3; round++) {
        yield* pass(20)
        yield* renew(lease)
      }
      assert.deepStrictEqual(yield* named(), [])
      yield* pass(30)
      assert.deepStrictEqual(yield* named(), [1])
    }).pipe(Effect.scoped)
  )

  it(
    "names a lane at once when a cancelled job is left to whoever comes next",
    Effect.gen(function*() {
      const named = yield* listening
      yield* offer(1, "a")
      const lease = yield* take(1)
      yield* named()
      const { settle } = yield* JobQueue
      const { cancel } = yield* QueueAdmin
      yield* cancel(lease.job.id)
      assert.deepStrictEqual(yield* named(), [])
      yield* settle(lease, Settlement.cases.Release.make({}))
      assert.deepStrictEqual(yield* named(), [1])
    }).pipe(Effect.scoped)
  )

  it(
    "does not name the lanes that wait again and again",
    Effect.gen(function*() {
      yield* offer(1, "a")
      const named = yield* listening
      yield* offer(2, "b")
      yield* TestClock.adjust("2 hours")
      assert.sameMembers(yield* named(), [1, 2])
      yield* TestClock.adjust("3 hours")
      assert.deepStrictEqual(yield* named(), [])
    }).pipe(Effect.scoped)
  )

  it(
    "names every one of many lanes",
    Effect.gen(function*() {
      const pulls = Array.from({ length: 350 }, (_, index) => index + 1)
      yield* Effect.forEach(pulls, (pull) => offer(pull, `d${pull}`), { concurrency: 50 })
      const named = yield* listening
      yield* quiet
      assert.deepStrictEqual((yield* named()).sort((a, b) => a - b), pulls)
    }).pipe(Effect.scoped)
  )

  it(
    "names what is due although the clock was set back",
    Effect.gen(function*() {
      yield* TestClock.adjust("2 days")
      const named = yield* listening
      yield* offer(1, "a")
      yield* TestClock.adjust("3 hours")
      yield* named()
      const { settle } = yield* JobQueue
      yield* TestClock.setTime(Duration.toMillis("1 day"))
      yield* settle(yield* take(1), Settlement.cases.Retry.make({ failure, delay: Duration.seconds(10) }))
      // What was announced is heard before the time goes on.
      yield* quiet
      yield* TestClock.adjust("10 seconds")
      yield* quiet
      assert.deepStrictEqual(yield* named(), [1])
    }).pipe(Effect.scoped)
  )

  it(
    "tells two listeners, and forgets one that left",
    Effect.gen(function*() {
      const first = yield* listening
      yield* Effect.scoped(Effect.gen(function*() {
        const second = yield* listening
        yield* offer(1, "a")
        assert.deepStrictEqual([yield* first(), yield* second()], [[1], [1]])
      }))
      yield* offer(2, "b")
      assert.deepStrictEqual(yield* first(), [2])
    }).pipe(Effect.scoped)
  )

  it(
    "loses no lane between looking and listening, however the two fall together with an offer",
    Effect.gen(function*() {
      const heard: Array<number> = []
      const { ready } = yield* JobQueue
      for (let pull = 1; pull <= 40; pull++) {
        yield* Effect.scoped(Effect.gen(function*() {
          const listen = Stream.runForEach(ready, ({ lane }) => Effect.sync(() => heard.push(lane.number)))
          // Every number of scheduler turns between the start of the listening and the offer, down to none.
          const turns = Effect.repeat(Effect.yieldNow, { times: pull % 20 })
          const begin = Effect.forkScoped(listen)
          if (pull <= 20) yield* begin
          yield* Effect.forkScoped(Effect.andThen(turns, offer(pull, `d${pull}`)))
          if (pull > 20) yield* begin
          yield* quiet
          assert.include(heard, pull)
        }))
      }
    })
  )
}
