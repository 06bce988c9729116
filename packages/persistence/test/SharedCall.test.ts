import { assert, it } from "@effect/vitest"
import { shared } from "@nominal-code/persistence/SharedCall"
import { quiet } from "@nominal-code/testing/Quiet"
import { Effect, Exit, Fiber, Latch } from "effect"

it.effect("those that come while a call runs share the next one, and get its result", () =>
  Effect.gen(function*() {
    const ended = Latch.makeUnsafe()
    let begun = 0
    const call = shared(Effect.suspend(() => {
      const number = ++begun
      return Effect.andThen(ended.await, number === 2 ? Effect.fail("the second failed") : Effect.void)
    }))
    const first = yield* Effect.forkChild(call)
    yield* quiet
    const others = yield* Effect.forEach([1, 2, 3, 4], () => Effect.forkChild(call))
    yield* quiet
    assert.strictEqual(begun, 1)
    ended.openUnsafe()
    assert.deepStrictEqual(yield* Fiber.await(first), Exit.void)
    const exits = yield* Effect.forEach(others, Fiber.await)
    assert.deepStrictEqual(exits, others.map(() => Exit.fail("the second failed")))
    assert.deepStrictEqual([begun, yield* Effect.exit(call), begun], [2, Exit.void, 3])
  }))

it.effect("one that gives up waiting takes no call from the others", () =>
  Effect.gen(function*() {
    const ended = Latch.makeUnsafe()
    let begun = 0
    const call = shared(Effect.suspend(() => {
      begun++
      return ended.await
    }))
    const [first, second, third] = yield* Effect.forEach([call, call, call], (one) => Effect.forkChild(one))
    yield* quiet
    if (first === undefined || second === undefined || third === undefined) return assert.fail("three were begun")
    yield* Fiber.interrupt(second)
    ended.openUnsafe()
    assert.deepStrictEqual([yield* Fiber.await(first), yield* Fiber.await(third), begun], [Exit.void, Exit.void, 2])
  }))
