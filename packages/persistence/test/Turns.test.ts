import { assert, it } from "@effect/vitest"
import * as Turns from "@nominal-code/persistence/Turns"
import { quiet } from "@nominal-code/testing/Quiet"
import { Effect, Fiber, Latch } from "effect"
import { TestClock } from "effect/testing"

it.effect("calls of a key are made in their order, those of another key at once, and one that gives up keeps nobody back", () =>
  Effect.gen(function*() {
    const { inTurn, isTaken } = Turns.make()
    const made: Array<string> = []
    const open = Latch.makeUnsafe()
    const begin = (key: string, name: string, before: Effect.Effect<unknown> = Effect.void) =>
      Effect.forkChild(inTurn(key, Effect.andThen(before, Effect.sync(() => made.push(name)))), {
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

it.effect("a call waits two seconds at most for those before it", () =>
  Effect.gen(function*() {
    const { inTurn } = Turns.make()
    yield* Effect.forkChild(inTurn("a", Effect.never))
    yield* quiet
    const next = yield* Effect.forkChild(inTurn("a", Effect.succeed("made")))
    yield* TestClock.adjust("1 second")
    assert.isUndefined(next.pollUnsafe())
    yield* TestClock.adjust("1 second")
    assert.strictEqual(yield* Fiber.join(next), "made")
  }))
