import { assert, it } from "@effect/vitest"
import { backoff, retryAfter, within } from "@nominal-code/domain/job/Backoff"
import { Clock, Effect, Exit, Fiber, Schedule } from "effect"
import { TestClock } from "effect/testing"

it.effect("retries come after delays that double, up to the longest", () =>
  Effect.gen(function*() {
    const times: Array<number> = []
    const failing = Effect.andThen(
      Effect.map(Clock.currentTimeMillis, (now) => times.push(now)),
      Effect.fail("away")
    )
    const fiber = yield* Effect.forkChild(Effect.ignore(Effect.retry(failing, backoff("100 millis", "500 millis"))))
    yield* TestClock.adjust("2 seconds")
    yield* Fiber.interrupt(fiber)
    assert.deepStrictEqual(times, [0, 100, 300, 700, 1200, 1700])
  }))

it.effect("retries within a time are made as scheduled, the last one at its end", () =>
  Effect.gen(function*() {
    const times: Array<number> = []
    const failing = Effect.andThen(
      Effect.map(Clock.currentTimeMillis, (now) => times.push(now)),
      Effect.fail("away")
    )
    const fiber = yield* Effect.forkChild(
      Effect.exit(Effect.retry(failing, within(Schedule.spaced("400 millis"), 1000)))
    )
    yield* TestClock.adjust("5 seconds")
    assert.deepStrictEqual(yield* Fiber.join(fiber), Exit.fail("away"))
    assert.deepStrictEqual(times, [0, 400, 800, 1000])
  }))

it.effect("after a first failure it is tried again by the schedule, and not at all after one that stays", () =>
  Effect.gen(function*() {
    const times: Array<number> = []
    const second = Effect.flatMap(
      Clock.currentTimeMillis,
      (now) => times.push(now) < 3 ? Effect.fail("away") : Effect.succeed("done")
    )
    const options = { schedule: Schedule.spaced("1 second"), while: (error: string) => error === "away" }
    const fiber = yield* Effect.forkChild(retryAfter("away", second, options))
    yield* TestClock.adjust("10 seconds")
    assert.strictEqual(yield* Fiber.join(fiber), "done")
    assert.deepStrictEqual(times, [1000, 2000, 3000])
    assert.deepStrictEqual(yield* Effect.exit(retryAfter("refused", second, options)), Exit.fail("refused"))
    assert.lengthOf(times, 3)
  }))
