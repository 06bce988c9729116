import { assert, it } from "@effect/vitest"
import { Data, Duration, Effect, Fiber } from "effect"
import { TestClock } from "effect/testing"
import { asked, type AskOptions, ok } from "../src/doctor/Finding.ts"

class Refused extends Data.TaggedError("Refused")<{ readonly message: string; readonly away: boolean }> {}

const remedy = "look at its status page"

const answerOf = (
  question: Effect.Effect<ReadonlyArray<ReturnType<typeof ok>>, Refused>,
  options: Partial<AskOptions<Refused>> = {}
) =>
  Effect.gen(function*() {
    const fiber = yield* Effect.forkChild(asked("forge", "GitHub", question, { remedy, ...options }))
    yield* TestClock.adjust("10 seconds")
    return fiber.pollUnsafe() === undefined
      ? "no answer yet"
      : (yield* Fiber.join(fiber)).map(({ area, status, text }) => `${area} ${status}: ${text}`)
  })

const isAway = ({ away }: Refused) => away

it.effect("doctor's question has the findings of its answer, and a service that fails or is silent is a problem", () =>
  Effect.gen(function*() {
    const fine = [ok("forge", "GitHub knows the token")]
    assert.deepStrictEqual(yield* answerOf(Effect.succeed(fine)), ["forge ok: GitHub knows the token"])
    assert.deepStrictEqual(yield* answerOf(Effect.never), [
      `forge problem: GitHub does not answer within 10s: ${remedy}`
    ])
    assert.deepStrictEqual(yield* answerOf(Effect.never, { patience: Duration.seconds(2) }), [
      `forge problem: GitHub does not answer within 2s: ${remedy}`
    ])
    assert.strictEqual(yield* answerOf(Effect.never, { patience: Duration.seconds(11) }), "no answer yet")
  }))

it.effect("the advice for a service that is away stands behind no other failure", () =>
  Effect.gen(function*() {
    const failing = (away: boolean) => Effect.fail(new Refused({ message: "the token is refused", away }))
    assert.deepStrictEqual(yield* answerOf(failing(true), { isAway }), [
      `forge problem: GitHub: the token is refused: ${remedy}`
    ])
    for (const options of [{ isAway }, {}]) {
      assert.deepStrictEqual(yield* answerOf(failing(false), options), ["forge problem: GitHub: the token is refused"])
    }
    assert.deepStrictEqual(yield* answerOf(failing(true)), ["forge problem: GitHub: the token is refused"])
  }))
