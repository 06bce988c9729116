import { assert, it } from "@effect/vitest"
import { LlmError } from "@nominal-code/llm/LlmError"
import * as Retry from "@nominal-code/llm/Retry"
import { Clock, Duration, Effect, Fiber } from "effect"
import { TestClock } from "effect/testing"

const failing = (reason: LlmError["reason"], retryAfter?: Duration.Duration) =>
  new LlmError({ provider: "p", reason, message: "no", ...(retryAfter === undefined ? {} : { retryAfter }) })

/** An attempt that notes when it is made and fails. */
const attempts = (error: LlmError) => {
  const times: Array<number> = []
  const attempt = Clock.currentTimeMillis.pipe(
    Effect.tap((now) => Effect.sync(() => times.push(now))),
    Effect.andThen(Effect.fail(error))
  )
  return { times, attempt }
}

it.effect("waits longer from retry to retry, and gives up after the fourth", () =>
  Effect.gen(function*() {
    const { attempt, times } = attempts(failing("overloaded"))
    const fiber = yield* attempt.pipe(
      Retry.retrying("p", { total: Duration.minutes(8) }),
      Effect.flip,
      Effect.forkChild
    )
    yield* TestClock.adjust("2 minutes")
    assert.strictEqual((yield* Fiber.join(fiber)).reason, "overloaded")
    const waits = times.slice(1).map((time, index) => time - (times[index] ?? 0))
    assert.strictEqual(waits.length, 4)
    for (const [index, wait] of waits.entries()) {
      assert.isAtLeast(wait, 800 * 2 ** index)
      assert.isAtMost(wait, 1_200 * 2 ** index)
    }
  }))

it.effect("asks again when the service said that it may, and not a second before", () =>
  Effect.gen(function*() {
    const { attempt, times } = attempts(failing("rate-limited", Duration.seconds(45)))
    const fiber = yield* attempt.pipe(
      Retry.retrying("p", { total: Duration.minutes(8) }),
      Effect.flip,
      Effect.forkChild
    )
    yield* TestClock.adjust("44 seconds")
    assert.deepStrictEqual(times, [0])
    yield* TestClock.adjust("1 second")
    assert.deepStrictEqual(times, [0, 45_000])
    yield* TestClock.adjust("10 minutes")
    yield* Fiber.join(fiber)
  }))

it.effect("is tried once more, and not waited for, where another model can take the call", () =>
  Effect.gen(function*() {
    for (
      const [error, times] of [
        [failing("overloaded"), 2],
        [failing("rate-limited", Duration.seconds(5)), 2],
        [failing("rate-limited", Duration.seconds(6)), 1],
        [failing("timeout"), 1]
      ] as const
    ) {
      const made = attempts(error)
      const fiber = yield* made.attempt.pipe(
        Retry.retrying("p", { total: Duration.minutes(8) }),
        Effect.provideService(Retry.HasSubstitute, true),
        Effect.flip,
        Effect.forkChild
      )
      yield* TestClock.adjust("2 minutes")
      yield* Fiber.join(fiber)
      assert.strictEqual(made.times.length, times)
    }
  }))

it.effect("takes no longer than all attempts together may", () =>
  Effect.gen(function*() {
    const fiber = yield* Effect.never.pipe(
      Retry.retrying("p", { total: Duration.seconds(480) }),
      Effect.flip,
      Effect.forkChild
    )
    yield* TestClock.adjust("480 seconds")
    const error = yield* Fiber.join(fiber)
    assert.deepStrictEqual([error.reason, error.message], ["timeout", "p gave no answer within 8m, retries included"])
  }))

it.effect("says why the last attempt failed, when all of them together took too long", () =>
  Effect.gen(function*() {
    const { attempt } = attempts(failing("overloaded"))
    const fiber = yield* attempt.pipe(
      Retry.retrying("p", { total: Duration.seconds(4) }),
      Effect.flip,
      Effect.forkChild
    )
    yield* TestClock.adjust("4 seconds")
    assert.strictEqual((yield* Fiber.join(fiber)).reason, "overloaded")
  }))

it.effect("does not repeat what cannot succeed", () =>
  Effect.gen(function*() {
    for (const reason of ["unauthorized", "invalid-request", "context-too-long", "refused"] as const) {
      const { attempt, times } = attempts(failing(reason))
      yield* attempt.pipe(Retry.retrying("p", { total: Duration.minutes(8) }), Effect.flip)
      assert.deepStrictEqual(times, [0], reason)
    }
  }))

it("an attempt has half of the job's deadline at most, and all attempts four fifths", () => {
  for (const deadline of [Duration.minutes(1), Duration.minutes(10), Duration.hours(1)]) {
    const { attempt, idle, total } = Retry.limitsWithin(deadline)
    assert.isTrue(Duration.isLessThanOrEqualTo(idle, attempt))
    assert.isTrue(Duration.isLessThanOrEqualTo(attempt, Duration.times(deadline, 0.5)))
    assert.isTrue(Duration.isLessThanOrEqualTo(total, Duration.times(deadline, 0.8)))
  }
})
