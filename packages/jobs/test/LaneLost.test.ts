import { assert, it } from "@effect/vitest"
import { Failure } from "@nominal-code/domain/Failure"
import { JobOutcome } from "@nominal-code/domain/Job"
import { Effect } from "effect"
import { TestClock } from "effect/testing"
import { laneOf, mention, reviewed } from "./Jobs.ts"
import { laneWorld } from "./LaneWorld.ts"
import { quiet } from "./readySuite.ts"

const lost = JobOutcome.cases.Lost.make({ failure: Failure.cases.Pod.make({ reason: "killed", detail: "killed" }) })

it.effect("a job whose process was lost is tried again at once, and after the next loss like any other", () =>
  Effect.gen(function*() {
    const { events, offer, start, stateOf } = yield* laneWorld({
      run: (_job, attempt) => Effect.succeed(attempt < 3 ? lost : reviewed)
    })
    const job = mention(laneOf(1), "a")
    yield* start
    yield* offer(job)
    assert.deepStrictEqual(events, ["start a", "end a", "start a", "end a"])
    yield* TestClock.adjust("20 seconds")
    assert.strictEqual(events.length, 4)
    yield* TestClock.adjust("20 seconds")
    yield* quiet
    assert.deepStrictEqual((yield* stateOf(job)).state, "done")
  }))

it.effect("a job that is lost at its last attempt is given up", () =>
  Effect.gen(function*() {
    const { events, offer, start } = yield* laneWorld({ run: () => Effect.succeed(lost), settings: { maxAttempts: 1 } })
    yield* start
    yield* offer(mention(laneOf(1), "a"))
    assert.deepStrictEqual(events, ["start a", "end a", "give up a: pod: killed"])
  }))
