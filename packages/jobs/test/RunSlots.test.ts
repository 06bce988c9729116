import { assert, it } from "@effect/vitest"
import { RunSlot } from "@nominal-code/domain/job/RunSlot"
import * as RunSlots from "@nominal-code/jobs/run/RunSlots"
import { laneOf, mention } from "@nominal-code/testing/Jobs"
import { laneWorld, lasting } from "@nominal-code/testing/LaneWorld"
import { quiet } from "@nominal-code/testing/Quiet"
import { Deferred, Effect, Fiber } from "effect"
import { TestClock } from "effect/testing"

it.effect("a run that waits in a cluster's queue leaves its slot to others, and when it goes on later ones wait", () =>
  Effect.gen(function*() {
    const admitted = yield* Deferred.make<void>()
    const { events, offer, start } = yield* laneWorld({
      settings: { maxConcurrent: 1 },
      run: ({ delivery }) =>
        Effect.gen(function*() {
          const { yieldWhile } = yield* RunSlot
          if (delivery === "queued") yield* yieldWhile(Deferred.await(admitted))
          return yield* lasting("1 minute")
        })
    })
    yield* offer(mention(laneOf(1), "queued"), mention(laneOf(2), "b"), mention(laneOf(3), "c"))
    yield* start
    assert.deepStrictEqual(events, ["start queued", "start b"])
    yield* TestClock.adjust("30 seconds")
    yield* Deferred.succeed(admitted, undefined)
    yield* quiet
    yield* TestClock.adjust("30 seconds")
    yield* quiet
    assert.deepStrictEqual(events, ["start queued", "start b", "end b"])
    yield* TestClock.adjust("30 seconds")
    yield* quiet
    assert.deepStrictEqual(events, ["start queued", "start b", "end b", "end queued", "start c"])
  }))

it.effect("a run that is interrupted while it waits leaves the slots as many as they were", () =>
  Effect.gen(function*() {
    const slots = RunSlots.make(1)
    const first = yield* slots.take
    const waiting = yield* Effect.forkChild(first.slot.yieldWhile(Effect.never))
    yield* quiet
    const second = yield* slots.take
    yield* Fiber.interrupt(waiting)
    yield* first.release
    const third = yield* Effect.forkChild(slots.take)
    yield* quiet
    assert.isUndefined(third.pollUnsafe())
    yield* second.release
    yield* Fiber.join(third)
  }))
