import { assert, it } from "@effect/vitest"
import { modelService } from "@nominal-code/domain/job/Failure"
import { ensureWanted, RunStillWanted } from "@nominal-code/domain/job/RunStillWanted"
import * as RunWaits from "@nominal-code/domain/job/RunWaits"
import { Effect, Fiber, Option } from "effect"
import { TestClock } from "effect/testing"

it.effect("a run waits for the service that it has waited for longest, until its wait ends, also by an interruption", () =>
  Effect.gen(function*() {
    const waits = yield* RunWaits.make
    const waiting = (service: string, seconds: number) =>
      Effect.forkChild(waits.during(modelService(service))(Effect.sleep(`${seconds} seconds`)))
    assert.deepStrictEqual(yield* waits.current, Option.none())
    const first = yield* waiting("anthropic", 60)
    yield* waiting("google", 20)
    yield* waiting("openai", 30)
    yield* TestClock.adjust("10 seconds")
    assert.deepStrictEqual(yield* waits.current, Option.some(modelService("anthropic")))
    yield* TestClock.adjust("15 seconds")
    yield* Fiber.interrupt(first)
    assert.deepStrictEqual(yield* waits.current, Option.some(modelService("openai")))
    yield* TestClock.adjust("10 seconds")
    assert.deepStrictEqual(yield* waits.current, Option.none())
  }))

it.effect("a run without a queue is wanted, and one that is not wanted fails before its effect", () =>
  Effect.gen(function*() {
    yield* ensureWanted
    const error = yield* Effect.flip(Effect.provideService(ensureWanted, RunStillWanted, Effect.succeed(false)))
    assert.strictEqual(error.message, "another process has the job by now, or it was cancelled")
  }))
