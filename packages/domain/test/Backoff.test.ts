import { assert, it } from "@effect/vitest"
import { backoff } from "@nominal-code/domain/job/Backoff"
import { Clock, Effect, Fiber } from "effect"
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
