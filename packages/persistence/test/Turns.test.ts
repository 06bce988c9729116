import { assert, it } from "@effect/vitest"
import * as Turns from "@nominal-code/persistence/Turns"
import { quiet } from "@nominal-code/testing/Quiet"
import { Effect, Fiber, Latch } from "effect"
import { TestClock } from "effect/testing"

const patience = 2_500

it.effect("calls of a key are made in their order, those of another key at once, and one that gives up keeps nobody back", () =>
  Effect.gen(function*() {
    const { inTurn, isTaken } = Turns.make(patience)
    const made: Array<string> = []
    const open = Latch.makeUnsafe()
    const begin = (key: string, name: string, before: Effect.Effect<unknown> = Effect.void) =>
      Effect.forkChild(inTurn(key, () => Effect.andThen(before, Effect.sync(() => made.push(name)))), {
        startImmediately: true
      })
    yield* begin("a", "first", open.await)
    const second = yield* begin("a", "second")
    yield* begin("a", "third", Effect.die("broken"))
    yield* begin("a", "fourth")
    yield* begin("b", "other")
    yield* quiet
    assert.deepStrictEqual([made, isTaken("a"), isTaken("b")], [["other"], true, false])
    yield* Fiber.interrupt(second)
    open.openUnsafe()
    yield* quiet
    assert.deepStrictEqual([made, isTaken("a")], [["other", "first", "fourth"], false])
  }))

it.effect("a call waits until those before it have begun their last try at most", () =>
  Effect.gen(function*() {
    const { inTurn } = Turns.make(patience)
    const until: Array<number> = []
    const begun = (end: Effect.Effect<void>) =>
      Effect.forkChild(inTurn("a", (last) => Effect.andThen(Effect.sync(() => until.push(last)), end)), {
        startImmediately: true
      })
    yield* begun(Effect.never)
    const next = yield* begun(Effect.void)
    yield* TestClock.adjust(patience)
    assert.deepStrictEqual(until, [patience])
    yield* TestClock.adjust("1 second")
    yield* Fiber.join(next)
    assert.deepStrictEqual(until, [patience, patience])
  }))

it.effect("thousands of calls that wait for one are all made, in their order", () =>
  Effect.gen(function*() {
    const { inTurn, isTaken } = Turns.make(patience)
    const open = Latch.makeUnsafe()
    const made: Array<number> = []
    const calls = Array.from({ length: 3_000 }, (_, index) => index)
    const all = yield* Effect.forkChild(Effect.forEach(
      calls,
      (index) =>
        inTurn("a", () => Effect.andThen(index === 0 ? open.await : Effect.void, Effect.sync(() => made.push(index)))),
      { concurrency: "unbounded", discard: true }
    ))
    yield* quiet
    open.openUnsafe()
    yield* Fiber.join(all)
    assert.deepStrictEqual(made, calls)
    assert.isFalse(isTaken("a"))
  }))
