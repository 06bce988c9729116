import { assert, it } from "@effect/vitest"
import { Failure } from "@nominal-code/domain/job/Failure"
import { JobOutcome } from "@nominal-code/domain/job/Job"
import { StoreError } from "@nominal-code/persistence/StoreError"
import { laneOf, mention, reviewed } from "@nominal-code/testing/Jobs"
import { laneWorld } from "@nominal-code/testing/LaneWorld"
import { quiet } from "@nominal-code/testing/Quiet"
import { Duration, Effect, Option } from "effect"
import { TestClock } from "effect/testing"

type Reason = (typeof Failure.cases.Pod.Type)["reason"]

const lostBy = (reason: Reason) =>
  JobOutcome.cases.Lost.make({ failure: Failure.cases.Pod.make({ reason, detail: reason }) })
const lost = lostBy("evicted")

it.effect.each(
  ["evicted", "killed"] as const
)(
  "a run that is lost (%s) uses no attempt, and the job runs again, ever later from the second time on",
  (reason) =>
    Effect.gen(function*() {
      let runs = 0
      const { events, offer, start, stateOf } = yield* laneWorld({
        outOfProcess: true,
        run: () => Effect.sync(() => ++runs < 5 ? lostBy(reason) : reviewed)
      })
      const job = mention(laneOf(1), "a")
      yield* start
      yield* offer(job)
      yield* quiet
      for (const [runs, rest] of [[2, 10], [3, 30], [4, 90]] as const) {
        yield* TestClock.adjust(Duration.seconds(rest - 1))
        yield* quiet
        assert.strictEqual(events.length, 2 * runs)
        yield* TestClock.adjust("1 second")
        yield* quiet
      }
      assert.deepStrictEqual(yield* stateOf(job), { state: "done", attempts: 1, reason: "" })
    })
)

it.effect.each(
  ["out-of-memory", "killed", "no-result"] as const
)(
  "a job whose pod dies five times by itself (%s) is given up with its notice, whatever its cluster ends in between",
  (reason) =>
    Effect.gen(function*() {
      const endings: ReadonlyArray<Reason> = [
        reason,
        "evicted",
        "node-lost",
        reason,
        "deleted",
        "stopped",
        reason,
        reason,
        reason
      ]
      let runs = 0
      const { events, offer, records, start } = yield* laneWorld({
        outOfProcess: true,
        run: () => Effect.sync(() => lostBy(endings[runs++] ?? "evicted"))
      })
      const job = mention(laneOf(1), "a")
      yield* start
      yield* offer(job)
      yield* Effect.andThen(TestClock.adjust("1 hour"), quiet)
      assert.strictEqual(runs, endings.length)
      assert.deepStrictEqual(events.slice(-1), [`tell a: pod: ${reason}`])
      const { losses, state } = Option.getOrThrow(yield* records.find(job.id))
      assert.deepStrictEqual([state, losses], ["parked", 4])
    })
)

it.effect("a job whose run is lost again and again is given up after a day, having run every half an hour at most", () =>
  Effect.gen(function*() {
    const { events, offer, records, start } = yield* laneWorld({ outOfProcess: true, run: () => Effect.succeed(lost) })
    const job = mention(laneOf(1), "a")
    yield* start
    yield* offer(job)
    yield* Effect.andThen(TestClock.adjust("23 hours"), quiet)
    assert.strictEqual(Option.getOrThrow(yield* records.find(job.id)).state, "waiting")
    yield* Effect.andThen(TestClock.adjust("2 hours"), quiet)
    const runs = events.filter((event) => event.startsWith("start")).length
    assert.isTrue(runs > 40 && runs < 60, String(runs))
    assert.deepStrictEqual(events.slice(-1), ["tell a: pod: evicted"])
    assert.strictEqual(Option.getOrThrow(yield* records.find(job.id)).state, "parked")
  }))

it.effect("a lease that was handed over late, and that the store does not renew, is given back and is no loss", () =>
  Effect.gen(function*() {
    const away = new StoreError({ operation: "JobQueue.renew", message: "Redis is away", reason: "unavailable" })
    const losses: Array<number> = []
    let isLate = true
    const { events, offer, start } = yield* laneWorld({
      settings: { maxConcurrent: 1 },
      queue: ({ renew, settleAndTake, take }) => ({
        take: (...call) =>
          Effect.tap(
            take(...call),
            (lease) => Effect.sync(() => losses.push(...Option.toArray(lease).map(({ losses }) => losses)))
          ),
        settleAndTake: (...call) =>
          Effect.tap(settleAndTake(...call), () => isLate ? Effect.sleep("2 seconds") : Effect.void),
        renew: (...call) => Effect.suspend(() => isLate ? Effect.fail(away) : renew(...call))
      })
    })
    yield* offer(mention(laneOf(1), "a"), mention(laneOf(1), "b"))
    yield* start
    yield* TestClock.adjust("2 seconds")
    yield* quiet
    isLate = false
    yield* TestClock.adjust("1 minute")
    yield* quiet
    assert.deepStrictEqual(events, ["start a", "end a", "start b", "end b"])
    assert.deepStrictEqual(losses, [0, 0])
  }))
