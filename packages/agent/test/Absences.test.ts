import { assert, it } from "@effect/vitest"
import { LlmError } from "@nominal-code/llm/LlmError"
import { Duration, Effect } from "effect"
import { TestClock } from "effect/testing"
import { makeAbsences } from "../src/ModelChain.ts"

it.effect("a model is away for its time also where the machine's clock is set back by a day", () =>
  Effect.gen(function*() {
    const model = { provider: "openai", model: "gpt", call: () => Effect.never, usage: Effect.never }
    const { add, isAway } = makeAbsences()
    yield* TestClock.adjust("2 days")
    assert.isFalse(yield* isAway(model))
    yield* add(model, new LlmError({ provider: "openai", reason: "overloaded", message: "later" }))
    yield* TestClock.setTime(Duration.toMillis("1 day"))
    assert.isTrue(yield* isAway(model))
    yield* TestClock.adjust("1 minute")
    assert.isFalse(yield* isAway(model))
  }))
