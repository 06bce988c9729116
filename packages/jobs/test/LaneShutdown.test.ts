import { assert, it } from "@effect/vitest"
import { StoreError } from "@nominal-code/persistence/StoreError"
import { laneOf, mention } from "@nominal-code/testing/Jobs"
import { laneWorld, lasting } from "@nominal-code/testing/LaneWorld"
import { quiet } from "@nominal-code/testing/Quiet"
import { Duration, Effect, Fiber } from "effect"
import { TestClock } from "effect/testing"

const settings = { gracePeriod: Duration.seconds(20) }
const [one, two] = [laneOf(1), laneOf(2)]

it.effect("lanes that stop take nothing new, let the running job finish, and then are gone at once", () =>
  Effect.gen(function*() {
    const { events, offer, start, stateOf } = yield* laneWorld({ settings, run: () => lasting("10 seconds") })
    const [first, second, other] = [mention(one, "a"), mention(one, "b"), mention(two, "c")]
    const { stop } = yield* start
    yield* offer(first, second)
    const stopping = yield* Effect.forkChild(stop)
    yield* quiet
    yield* offer(other)
    yield* TestClock.adjust("9 seconds")
    assert.isUndefined(stopping.pollUnsafe())
    yield* TestClock.adjust("1 second")
    yield* Fiber.join(stopping)
    assert.deepStrictEqual(events, ["start a", "end a"])
    assert.deepStrictEqual(yield* stateOf(first), { state: "done", attempts: 1, reason: "" })
    for (const job of [second, other]) {
      assert.deepStrictEqual(yield* stateOf(job), { state: "waiting", attempts: 0, reason: "" })
    }
  }))

it.effect("a job that does not finish in time is stopped, does not count as tried, and runs first at the next start", () =>
  Effect.gen(function*() {
    const { events, offer, start, stateOf } = yield* laneWorld({ settings, run: () => lasting("1 hour") })
    const job = mention(one, "a")
    const { stop } = yield* start
    yield* offer(job, mention(one, "b"))
    const stopping = yield* Effect.forkChild(stop)
    yield* TestClock.adjust("19 seconds")
    assert.isUndefined(stopping.pollUnsafe())
    yield* TestClock.adjust("1 second")
    yield* Fiber.join(stopping)
    assert.deepStrictEqual(events, ["start a", "stop a"])
    assert.deepStrictEqual(yield* stateOf(job), { state: "waiting", attempts: 0, reason: "" })
    const again = yield* start
    assert.deepStrictEqual(events, ["start a", "stop a", "start a"])
    const stoppingAgain = yield* Effect.forkChild(again.stop)
    yield* TestClock.adjust("20 seconds")
    yield* Fiber.join(stoppingAgain)
  }))

it.effect("lanes that stop while the store is away say which outcome is not stored, and nothing of a failure", () =>
  Effect.gen(function*() {
    const away = new StoreError({ operation: "test", message: "away", reason: "unavailable" })
    const { log, offer, start } = yield* laneWorld({ settings, queue: () => ({ settle: () => Effect.fail(away) }) })
    const { stop } = yield* start
    yield* offer(mention(one, "a"))
    yield* TestClock.adjust("10 seconds")
    const stopping = yield* Effect.forkChild(stop)
    yield* TestClock.adjust("30 seconds")
    yield* Fiber.join(stopping)
    assert.include(log, "the outcome is not stored: the job runs again")
    assert.deepStrictEqual(log.filter((line) => line.includes("failed")), [])
  }))

it.effect("lanes that stop while the store comes back store the outcome once more", () =>
  Effect.gen(function*() {
    let isAway = true
    const away = new StoreError({ operation: "test", message: "away", reason: "unavailable" })
    const { log, offer, start, stateOf } = yield* laneWorld({
      settings,
      queue: ({ settle }) => ({
        settle: (...settlement) => Effect.suspend(() => isAway ? Effect.fail(away) : settle(...settlement))
      })
    })
    const job = mention(one, "a")
    const { stop } = yield* start
    yield* offer(job)
    yield* TestClock.adjust("10 seconds")
    const stopping = yield* Effect.forkChild(stop)
    // The last try before the grace period is over.
    yield* TestClock.adjust("20 seconds")
    isAway = false
    yield* TestClock.adjust("1 second")
    yield* Fiber.join(stopping)
    assert.deepStrictEqual(yield* stateOf(job), { state: "done", attempts: 1, reason: "" })
    assert.notInclude(log, "the outcome is not stored: the job runs again")
  }))

it.effect("lanes that stop try no more after the time of a shutdown, however long a store takes to say that it is away", () =>
  Effect.gen(function*() {
    const away = new StoreError({ operation: "test", message: "away", reason: "unavailable" })
    const { offer, start } = yield* laneWorld({
      settings,
      queue: () => ({ settle: () => Effect.delay(Effect.fail(away), "10 seconds") })
    })
    const { stop } = yield* start
    yield* offer(mention(one, "a"))
    yield* TestClock.adjust("80 seconds")
    const stopping = yield* Effect.forkChild(stop)
    yield* quiet
    yield* TestClock.adjust("20 seconds")
    yield* quiet
    assert.isUndefined(stopping.pollUnsafe())
    // A try that has begun, and the one that is under way when the time is over.
    yield* TestClock.adjust("12 seconds")
    yield* quiet
    assert.isDefined(stopping.pollUnsafe())
  }))

it.effect("lanes that have nothing to do stop at once", () =>
  Effect.gen(function*() {
    const { start } = yield* laneWorld({ settings })
    const { stop } = yield* start
    yield* stop
  }))

it.effect("what waited and what was left running by those before is run after a start, without a new event", () =>
  Effect.gen(function*() {
    const { events, offer, queue, start } = yield* laneWorld()
    yield* offer(mention(one, "a"), mention(two, "b"))
    yield* queue.take(one)
    yield* start
    assert.deepStrictEqual(events, ["start b", "end b"])
    yield* TestClock.adjust("30 seconds")
    yield* quiet
    assert.deepStrictEqual(events, ["start b", "end b", "start a", "end a"])
  }))
