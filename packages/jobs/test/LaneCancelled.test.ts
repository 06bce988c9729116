import { assert, it } from "@effect/vitest"
import { laneOf, mention } from "@nominal-code/testing/Jobs"
import { failed, laneWorld, lasting } from "@nominal-code/testing/LaneWorld"
import { quiet } from "@nominal-code/testing/Quiet"
import { Effect, Option } from "effect"
import { TestClock } from "effect/testing"

const one = laneOf(1)
const [a, b] = [mention(one, "a"), mention(one, "b")]
const wait = (duration: Parameters<typeof TestClock.adjust>[0]) => Effect.andThen(TestClock.adjust(duration), quiet)

it.effect("a running job that is cancelled is stopped within ten seconds and parked when nothing of it runs any more, and only then its lane goes on", () =>
  Effect.gen(function*() {
    const { admin, events, offer, queue, start, stateOf } = yield* laneWorld({
      // It takes its time to stop, here and elsewhere: longer than a lease.
      run: ({ delivery }) =>
        delivery === "a" ? Effect.onInterrupt(Effect.never, () => Effect.sleep("3 seconds")) : lasting(0),
      cancel: () => Effect.sleep("50 seconds")
    })
    yield* start
    yield* offer(a, b)
    yield* wait("5 seconds")
    yield* admin.cancel(a.id)
    yield* wait("4999 millis")
    assert.deepStrictEqual(events, ["start a"])
    yield* wait("1 millis")
    yield* wait("2999 millis")
    assert.deepStrictEqual(events, ["start a"])
    yield* wait("1 millis")
    assert.deepStrictEqual(events, ["start a", "stop a", "cancel a"])
    for (let round = 0; round < 4; round++) yield* wait("10 seconds")
    yield* wait("9999 millis")
    assert.isTrue(Option.isNone(yield* queue.take(one)))
    assert.deepStrictEqual(yield* stateOf(a), { state: "running", attempts: 1, reason: "cancelled" })
    assert.deepStrictEqual(events, ["start a", "stop a", "cancel a"])
    yield* wait("1 millis")
    assert.deepStrictEqual(yield* stateOf(a), { state: "parked", attempts: 1, reason: "cancelled" })
    // Nobody was told that it was given up.
    assert.deepStrictEqual(events, ["start a", "stop a", "cancel a", "start b", "end b"])
  }))

it.effect("a job that ends before it learns that it is cancelled is done", () =>
  Effect.gen(function*() {
    const { admin, events, offer, start, stateOf } = yield* laneWorld({ run: () => lasting("5 seconds") })
    yield* start
    yield* offer(a)
    yield* admin.cancel(a.id)
    yield* wait("5 seconds")
    assert.deepStrictEqual(events, ["start a", "end a"])
    assert.deepStrictEqual(yield* stateOf(a), { state: "done", attempts: 1, reason: "" })
  }))

it.effect("a job that fails before it learns that it is cancelled is ended and not tried again", () =>
  Effect.gen(function*() {
    const { admin, events, offer, start, stateOf } = yield* laneWorld({
      run: () => Effect.delay(Effect.succeed(failed("the model was away")), "5 seconds")
    })
    yield* start
    yield* offer(a)
    yield* admin.cancel(a.id)
    yield* wait("5 seconds")
    assert.deepStrictEqual(events, ["start a", "end a", "cancel a"])
    assert.deepStrictEqual(yield* stateOf(a), { state: "parked", attempts: 1, reason: "cancelled" })
  }))

it.effect("what is cancelled while its server stops is ended by the next one, and not run", () =>
  Effect.gen(function*() {
    const { admin, events, offer, start, stateOf } = yield* laneWorld({
      run: ({ delivery }) => delivery === "a" ? Effect.never : lasting(0)
    })
    const { stop } = yield* start
    yield* offer(a, b)
    yield* admin.cancel(a.id)
    yield* stop
    assert.deepStrictEqual(events, ["start a", "stop a"])
    assert.deepStrictEqual(yield* stateOf(a), { state: "running", attempts: 1, reason: "cancelled" })
    yield* start
    assert.deepStrictEqual(events, ["start a", "stop a", "cancel a", "start b", "end b"])
    assert.deepStrictEqual(yield* stateOf(a), { state: "parked", attempts: 1, reason: "cancelled" })
  }))

it.effect("a server that stops before a cancelled job has ended leaves that to the next one too", () =>
  Effect.gen(function*() {
    let ending = 0
    const { admin, events, offer, start, stateOf } = yield* laneWorld({
      run: () => Effect.never,
      cancel: () => Effect.suspend(() => ++ending === 1 ? Effect.never : Effect.void)
    })
    const { stop } = yield* start
    yield* offer(a)
    yield* admin.cancel(a.id)
    yield* wait("10 seconds")
    assert.deepStrictEqual(events, ["start a", "stop a", "cancel a"])
    yield* stop
    yield* start
    assert.deepStrictEqual(events, ["start a", "stop a", "cancel a", "cancel a"])
    assert.deepStrictEqual(yield* stateOf(a), { state: "parked", attempts: 1, reason: "cancelled" })
  }))

it.effect("what a dead server left of a cancelled job is ended when its lease has run out, and not run", () =>
  Effect.gen(function*() {
    const { admin, events, offer, queue, start, stateOf } = yield* laneWorld()
    yield* offer(a, b)
    yield* queue.take(one)
    yield* admin.cancel(a.id)
    yield* start
    yield* wait("29999 millis")
    assert.deepStrictEqual(events, [])
    yield* wait("1 millis")
    assert.deepStrictEqual(events, ["cancel a", "start b", "end b"])
    assert.deepStrictEqual(yield* stateOf(a), { state: "parked", attempts: 1, reason: "cancelled" })
  }))

it.effect("a lease that is lost while a cancelled job is ended leaves the job to who has it now", () =>
  Effect.gen(function*() {
    let renewals = 0
    const { admin, events, offer, start, stateOf } = yield* laneWorld({
      run: () => Effect.never,
      cancel: () => Effect.sleep("1 minute"),
      queue: ({ renew }) => ({
        renew: (lease) => Effect.suspend(() => ++renewals < 3 ? renew(lease) : Effect.succeed("lost"))
      })
    })
    yield* start
    yield* offer(a)
    yield* admin.cancel(a.id)
    for (let round = 0; round < 4; round++) yield* wait("10 seconds")
    assert.deepStrictEqual([events, renewals], [["start a", "stop a", "cancel a"], 3])
    assert.deepStrictEqual(yield* stateOf(a), { state: "running", attempts: 1, reason: "cancelled" })
  }))

it.effect("a bug in ending a cancelled job does not hold its lane up", () =>
  Effect.gen(function*() {
    const { admin, events, offer, start, stateOf } = yield* laneWorld({
      run: ({ delivery }) => delivery === "a" ? Effect.never : lasting(0),
      cancel: () => Effect.die("bug")
    })
    yield* start
    yield* offer(a, b)
    yield* admin.cancel(a.id)
    yield* wait("10 seconds")
    assert.deepStrictEqual(events, ["start a", "stop a", "cancel a", "start b", "end b"])
    assert.deepStrictEqual(yield* stateOf(a), { state: "parked", attempts: 1, reason: "cancelled" })
  }))
