import { assert, it } from "@effect/vitest"
import { gathered } from "@nominal-code/persistence/Gathered"
import { quiet } from "@nominal-code/testing/Quiet"
import { Cause, Effect, Exit, Fiber, Latch } from "effect"

/** Doubles numbers, those of a moment together, once it may. */
const doubling = () => {
  const open = Latch.makeUnsafe()
  const carried: Array<ReadonlyArray<number>> = []
  const double = gathered<number, number, string>((calls) => {
    carried.push(calls.map(({ input }) => input))
    return Effect.map(open.await, () => {
      for (const { complete, input } of calls) {
        if (input !== 7) complete(input < 0 ? Exit.fail("below 0") : Exit.succeed(2 * input))
      }
    })
  })
  return { open, carried, double }
}

it.effect("calls of the same moment are carried out together, each with its own result", () =>
  Effect.gen(function*() {
    const { carried, double, open } = doubling()
    open.openUnsafe()
    const exits = yield* Effect.forEach([1, -2, 3], (one) => Effect.exit(double(one)), { concurrency: 3 })
    assert.deepStrictEqual(exits, [Exit.succeed(2), Exit.fail("below 0"), Exit.succeed(6)])
    assert.strictEqual(yield* double(4), 8)
    assert.deepStrictEqual(carried, [[1, -2, 3], [4]])
  }))

it.effect("what comes while calls are carried out does not wait for them", () =>
  Effect.gen(function*() {
    const { carried, double, open } = doubling()
    const first = yield* Effect.forkChild(double(1))
    yield* quiet
    const second = yield* Effect.forkChild(double(2))
    yield* quiet
    assert.deepStrictEqual(carried, [[1], [2]])
    open.openUnsafe()
    assert.deepStrictEqual([yield* Fiber.join(first), yield* Fiber.join(second)], [2, 4])
  }))

it.effect("a caller that is interrupted withdraws its call, unless it has begun, and takes none from the others", () =>
  Effect.gen(function*() {
    const { carried, double, open } = doubling()
    const begin = (one: number) => Effect.forkChild(double(one), { startImmediately: true })
    const [early, other, late] = [yield* begin(1), yield* begin(2), yield* begin(3)]
    yield* Fiber.interrupt(early)
    yield* quiet
    assert.deepStrictEqual(carried, [[2, 3]])
    yield* Fiber.interrupt(late)
    open.openUnsafe()
    assert.strictEqual(yield* Fiber.join(other), 4)
    yield* Fiber.interrupt(yield* begin(4))
    assert.strictEqual(yield* double(5), 10)
    assert.deepStrictEqual(carried, [[2, 3], [5]])
  }))

it.effect("no caller waits for ever: what is left open fails, and a defect ends all of its moment", () =>
  Effect.gen(function*() {
    const { double, open } = doubling()
    open.openUnsafe()
    const [left, done] = yield* Effect.forEach([7, 8], (one) => Effect.exit(double(one)), { concurrency: 2 })
    assert.isTrue(left !== undefined && Exit.isFailure(left) && Cause.hasDies(left.cause))
    assert.deepStrictEqual(done, Exit.succeed(16))
    const broken = gathered<number, number, never>(() => Effect.die("broken"))
    const exits = yield* Effect.forEach([1, 2], (one) => Effect.exit(broken(one)), { concurrency: 2 })
    assert.deepStrictEqual(exits, [Exit.die("broken"), Exit.die("broken")])
  }))
