import { assert, it } from "@effect/vitest"
import { Duration, Effect, Exit, Scope } from "effect"
import { TestClock } from "effect/testing"
import { makeQuietLine } from "../src/telemetry/QuietLine.ts"

/** A writer, the lines that it has shown, and the end of its scope. */
const writer = Effect.gen(function*() {
  const shown: Array<string> = []
  const scope = yield* Scope.make()
  const write = yield* Scope.provide(makeQuietLine((line) => Effect.sync(() => void shown.push(line))), scope)
  return { close: Scope.close(scope, Exit.void), shown, write }
})

it.effect("one line a minute shows, with the number of the others, and also after the clock was set back by a day", () =>
  Effect.gen(function*() {
    const { shown, write } = yield* writer
    yield* TestClock.adjust("2 days")
    yield* write("one")
    yield* write("two")
    yield* TestClock.setTime(Duration.toMillis("1 day"))
    yield* write("three")
    yield* TestClock.adjust("1 minute")
    yield* write("four")
    assert.deepStrictEqual(shown, ["one", "four (2 more since the last such line)"])
  }))

it.effect("the last of the others shows after a minute, if no more follow", () =>
  Effect.gen(function*() {
    const { shown, write } = yield* writer
    yield* write("one")
    yield* TestClock.adjust("10 minutes")
    assert.deepStrictEqual(shown, ["one"])
    for (const line of ["two", "three", "four"]) yield* write(line)
    yield* TestClock.adjust("59 seconds")
    assert.deepStrictEqual(shown, ["one", "two"])
    yield* TestClock.adjust("1 second")
    assert.deepStrictEqual(shown, ["one", "two", "four (1 more since the last such line)"])
    yield* TestClock.adjust("59 seconds")
    yield* write("five")
    yield* TestClock.adjust("1 second")
    assert.deepStrictEqual(shown.slice(3), ["five"])
    yield* TestClock.adjust("1 hour")
    assert.lengthOf(shown, 4)
  }))

it.effect("the last of the others shows when its scope ends", () =>
  Effect.gen(function*() {
    const { close, shown, write } = yield* writer
    for (const line of ["one", "two", "three"]) yield* write(line)
    yield* close
    assert.deepStrictEqual(shown, ["one", "three (1 more since the last such line)"])
  }))

it.effect("a line that comes as the minute ends, before the last of it shows, begins the next minute", () =>
  Effect.gen(function*() {
    const { shown, write } = yield* writer
    yield* Effect.forkChild(Effect.delay(Effect.andThen(write("three"), write("four")), "1 minute"))
    yield* Effect.yieldNow
    yield* write("one")
    yield* write("two")
    yield* TestClock.adjust("1 minute")
    assert.deepStrictEqual(shown, ["one", "three (1 more since the last such line)"])
    yield* TestClock.adjust("59 seconds")
    assert.lengthOf(shown, 2)
    yield* TestClock.adjust("1 second")
    assert.deepStrictEqual(shown.slice(2), ["four"])
  }))
