import { assert, it } from "@effect/vitest"
import { endingWithin, timeLeft } from "@nominal-code/domain/job/RunDeadline"
import { Duration, Effect, Option } from "effect"
import { TestClock } from "effect/testing"

const millisLeft = Effect.map(timeLeft, Option.map(Duration.toMillis))

it.effect("a run has the time that is left of its limit, none when it is over, and no limit by default", () =>
  Effect.gen(function*() {
    assert.deepStrictEqual(yield* millisLeft, Option.none())
    yield* Effect.gen(function*() {
      assert.deepStrictEqual(yield* millisLeft, Option.some(600_000))
      yield* TestClock.adjust("9 minutes")
      assert.deepStrictEqual(yield* millisLeft, Option.some(60_000))
      yield* TestClock.adjust("9 minutes")
      assert.deepStrictEqual(yield* millisLeft, Option.some(0))
    }).pipe(endingWithin(Duration.minutes(10)))
  }))
