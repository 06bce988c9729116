import { assert, describe, it } from "@effect/vitest"
import { type CallRate, CallRates, placeMillis } from "@nominal-code/persistence/CallRates"
import type { StoreError } from "@nominal-code/persistence/StoreError"
import { Effect, Layer } from "effect"
import { TestClock } from "effect/testing"

const call = (id: string, tokens: number, rate: CallRate, service = "anthropic") => ({ service, id, tokens, rate })

const taken = (waitMillis = 0) => ({ _tag: "Taken" as const, waitMillis })
const full = { _tag: "Full" as const }

/** Contract of the rates in every store. The store's time is the test's clock. */
export const callRatesSuite = (name: string, store: Layer.Layer<CallRates, StoreError>) =>
  describe(`CallRates (${name})`, () => {
    const within = <A, E>(test: Effect.Effect<A, E, CallRates>) => Effect.provide(test, Layer.fresh(store))

    it.effect("a service has so many places, and each that is given back is another's", () =>
      within(Effect.gen(function*() {
        const rates = yield* CallRates
        const [a, b, c] = ["a", "b", "c"].map((id) => call(id, 100, { concurrent: 2 }))
        if (a === undefined || b === undefined || c === undefined) return assert.fail()
        assert.deepStrictEqual([yield* rates.take(a), yield* rates.take(b), yield* rates.take(c)], [
          taken(),
          taken(),
          full
        ])
        assert.deepStrictEqual(yield* rates.take(call("d", 100, { concurrent: 1 }, "google")), taken())
        yield* rates.giveBack(a, 100)
        assert.deepStrictEqual(yield* rates.take(c), taken())
      })))

    it.effect("the place of a process that died is free in time", () =>
      within(Effect.gen(function*() {
        const rates = yield* CallRates
        yield* rates.take(call("a", 0, { concurrent: 1 }))
        assert.deepStrictEqual(yield* rates.take(call("b", 0, { concurrent: 1 })), full)
        yield* TestClock.adjust(placeMillis + 1)
        assert.deepStrictEqual(yield* rates.take(call("b", 0, { concurrent: 1 })), taken())
      })))

    it.effect("calls wait for their tokens in the order in which they came", () =>
      within(Effect.gen(function*() {
        const rates = yield* CallRates
        const rate = { tokensPerMinute: 60_000 }
        assert.deepStrictEqual(yield* rates.take(call("a", 50_000, rate)), taken())
        assert.deepStrictEqual(yield* rates.take(call("b", 40_000, rate)), taken(30_000))
        assert.deepStrictEqual(yield* rates.take(call("c", 10_000, rate)), taken(40_000))
        yield* TestClock.adjust("40 seconds")
        assert.deepStrictEqual(yield* rates.take(call("d", 1_000, rate)), taken(1_000))
        yield* TestClock.adjust("10 minutes")
        assert.deepStrictEqual(yield* rates.take(call("e", 60_000, rate)), taken())
        assert.deepStrictEqual(yield* rates.take(call("f", 90_000, rate)), taken(90_000))
      })))

    it.effect("the tokens of one service are not those of another", () =>
      within(Effect.gen(function*() {
        const rates = yield* CallRates
        const rate = { tokensPerMinute: 60_000 }
        assert.deepStrictEqual(yield* rates.take(call("a", 60_000, rate)), taken())
        assert.deepStrictEqual(yield* rates.take(call("b", 60_000, rate, "google")), taken())
        assert.deepStrictEqual(yield* rates.take(call("c", 1_000, rate)), taken(1_000))
      })))

    it.effect("what a call did not use is there for the others", () =>
      within(Effect.gen(function*() {
        const rates = yield* CallRates
        const rate = { tokensPerMinute: 60_000 }
        const [a, b] = [call("a", 60_000, rate), call("b", 30_000, rate)]
        yield* rates.take(a)
        assert.deepStrictEqual(yield* rates.take(b), taken(30_000))
        yield* rates.giveBack(b, 0)
        yield* rates.giveBack(a, 20_000)
        assert.deepStrictEqual(yield* rates.take(call("c", 40_000, rate)), taken())
        yield* rates.giveBack(call("c", 40_000, rate), 70_000)
        assert.deepStrictEqual(yield* rates.take(call("d", 0, rate)), taken(30_000))
      })))
  })
