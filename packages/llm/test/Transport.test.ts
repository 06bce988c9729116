import { assert, it } from "@effect/vitest"
import { Duration, Effect } from "effect"
import { TestClock } from "effect/testing"
import * as Transport from "../src/Transport.ts"

it.effect("a model is silent after its time also where the machine's clock is set back by a day", () =>
  Effect.gen(function*() {
    yield* TestClock.adjust("2 days")
    const { silent } = yield* Transport.make
    yield* TestClock.setTime(Duration.toMillis("1 day"))
    const silence = yield* Effect.forkChild(silent(Duration.minutes(1)))
    yield* TestClock.adjust("59 seconds")
    assert.isUndefined(silence.pollUnsafe())
    yield* TestClock.adjust("1 second")
    assert.isDefined(silence.pollUnsafe())
  }))
