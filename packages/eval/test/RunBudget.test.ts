import { assert, describe, it } from "@effect/vitest"
import { Deferred, Effect, Exit, Fiber, Option } from "effect"
import * as RunBudget from "../src/RunBudget.ts"

/** A case that uses so many of the dollars that it may use. */
const using = (used: number) => (dollars: number) => Effect.succeed({ dollars, used })
const usedOf = ({ used }: { readonly used: number }) => used

describe("the budget of a run", () => {
  it.effect("gives each case its most while there is enough, then what is left, then nothing", () =>
    Effect.gen(function*() {
      const budget = yield* RunBudget.make(2.5)
      const given = yield* Effect.replicateEffect(budget.with(1, using(1), usedOf), 4)
      assert.deepStrictEqual(given.map(Option.map(({ dollars }) => dollars)), [
        Option.some(1),
        Option.some(1),
        Option.some(0.5),
        Option.none()
      ])
    }))

  it.effect("takes back what a case has not used", () =>
    Effect.gen(function*() {
      const budget = yield* RunBudget.make(1)
      yield* budget.with(1, using(0.25), usedOf)
      const left = yield* budget.with(1, using(0), usedOf)
      assert.deepStrictEqual(Option.map(left, ({ dollars }) => dollars), Option.some(0.75))
    }))

  it.effect("counts all that a failed or interrupted case held as used, for what it has used is not known", () =>
    Effect.gen(function*() {
      const failing = yield* RunBudget.make(1)
      assert.isTrue(Exit.isFailure(yield* Effect.exit(failing.with(0.75, () => Effect.fail("away"), () => 0))))
      assert.deepStrictEqual(
        yield* failing.with(1, using(0), ({ dollars }) => dollars),
        Option.some({ dollars: 0.25, used: 0 })
      )
      const stopped = yield* RunBudget.make(1)
      const running = yield* Effect.forkChild(stopped.with(1, () => Effect.never, () => 0))
      yield* Effect.yieldNow
      yield* Fiber.interrupt(running)
      assert.deepStrictEqual(yield* stopped.with(1, using(0), usedOf), Option.none())
    }))

  it.effect("lets a case wait while others hold all that is left, and begin with what they leave", () =>
    Effect.gen(function*() {
      const budget = yield* RunBudget.make(1)
      const ended = yield* Deferred.make<{ readonly used: number }>()
      const first = yield* Effect.forkChild(budget.with(1, () => Deferred.await(ended), usedOf))
      yield* Effect.yieldNow
      const second = yield* Effect.forkChild(budget.with(1, using(0), usedOf))
      yield* Effect.yieldNow
      assert.isUndefined(second.pollUnsafe())
      yield* Deferred.succeed(ended, { used: 0.4 })
      yield* Fiber.join(first)
      assert.deepStrictEqual(yield* Fiber.join(second), Option.some({ dollars: 0.6, used: 0 }))
    }))

  it.effect("without a limit gives each case its most, however many there are", () =>
    Effect.gen(function*() {
      const budget = yield* RunBudget.make(Infinity)
      const given = yield* Effect.replicateEffect(budget.with(3, using(3), usedOf), 50)
      assert.isTrue(given.every((one) => Option.exists(one, ({ dollars }) => dollars === 3)))
    }))
})
