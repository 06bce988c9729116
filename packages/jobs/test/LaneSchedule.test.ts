import { assert, it } from "@effect/vitest"
import * as Rotation from "@nominal-code/jobs/Rotation"
import { Effect, Fiber } from "effect"
import { laneOf } from "./Jobs.ts"

it.effect("lanes get their turn in the order in which they were named, each once", () =>
  Effect.gen(function*() {
    const { add, next } = Rotation.make()
    for (const pull of [2, 1, 2, 3, 1]) add(laneOf(pull))
    assert.deepStrictEqual([(yield* next).number, (yield* next).number, (yield* next).number], [2, 1, 3])
    const waiting = yield* Effect.forkChild(next)
    yield* Effect.yieldNow
    assert.isUndefined(waiting.pollUnsafe())
    add(laneOf(4))
    assert.deepStrictEqual(yield* Fiber.join(waiting), laneOf(4))
  }))

it.effect("a lane that is named while it is at work gets another turn afterwards, behind the others", () =>
  Effect.gen(function*() {
    const { add, done, next } = Rotation.make()
    add(laneOf(1))
    yield* next
    add(laneOf(1))
    add(laneOf(2))
    const second = yield* next
    assert.strictEqual(second.number, 2)
    const waiting = yield* Effect.forkChild(next)
    yield* Effect.yieldNow
    assert.isUndefined(waiting.pollUnsafe())
    done(laneOf(1))
    assert.strictEqual((yield* Fiber.join(waiting)).number, 1)
  }))
