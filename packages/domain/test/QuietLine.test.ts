import { assert, it } from "@effect/vitest"
import { Duration, Effect } from "effect"
import { TestClock } from "effect/testing"
import { makeQuietLine } from "../src/telemetry/QuietLine.ts"

it.effect("one line a minute shows, with the number of the others, and also after the clock was set back by a day", () =>
  Effect.gen(function*() {
    const shown: Array<string> = []
    const write = makeQuietLine()
    const writeOf = (line: string) => write((text) => Effect.sync(() => void shown.push(text)), line)
    yield* TestClock.adjust("2 days")
    yield* writeOf("one")
    yield* writeOf("two")
    yield* TestClock.setTime(Duration.toMillis("1 day"))
    yield* writeOf("three")
    yield* TestClock.adjust("1 minute")
    yield* writeOf("four")
    assert.deepStrictEqual(shown, ["one", "four (2 others since the last such line)"])
  }))
