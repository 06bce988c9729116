import { assert, it } from "@effect/vitest"
import { currentTraceparent, inTraceOf, parentIn, Traceparent } from "@nominal-code/domain/telemetry/Trace"
import { Effect, Option, Schema } from "effect"

const sampled = Traceparent.make("00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01")
const ignored = Traceparent.make("00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-00")

it.effect.each([sampled, ignored])(
  "what runs in the trace %s says the same of itself",
  (traceparent) =>
    Effect.gen(function*() {
      const told = yield* inTraceOf({ traceparent })(currentTraceparent)
      assert.deepStrictEqual(told, Option.some(traceparent))
      const span = yield* inTraceOf({ traceparent })(Effect.withSpan(Effect.currentSpan, "review"))
      assert.strictEqual(span.traceId, "4bf92f3577b34da6a3ce929d0e0e4736")
      assert.strictEqual(span.sampled, traceparent === sampled)
    })
)

it.effect("without a trace, and outside of every span, there is none", () =>
  Effect.gen(function*() {
    assert.deepStrictEqual(yield* inTraceOf({})(currentTraceparent), Option.none())
  }))

it.each([
  "",
  "4bf92f3577b34da6a3ce929d0e0e4736",
  "01-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01",
  "00-00000000000000000000000000000000-00f067aa0ba902b7-01",
  "00-4bf92f3577b34da6a3ce929d0e0e4736-0000000000000000-01",
  "00-4BF92F3577B34DA6A3CE929D0E0E4736-00F067AA0BA902B7-01",
  "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01-more"
])("\"%s\" names no trace", (text) => {
  assert.isFalse(Schema.is(Traceparent)(text))
})

it("a request's header names its parent span, and whether it is sampled, by one bit of the flags", () => {
  const spanOf = (flags: string) =>
    Option.map(
      parentIn(`00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-${flags}`),
      ({ sampled, spanId, traceId }) => [
        traceId,
        spanId,
        sampled
      ]
    )
  const ids = ["4bf92f3577b34da6a3ce929d0e0e4736", "00f067aa0ba902b7"]
  for (const [flags, sampled] of [["00", false], ["01", true], ["02", false], ["1f", true]] as const) {
    assert.deepStrictEqual(spanOf(flags), Option.some([...ids, sampled]), flags)
  }
  assert.deepStrictEqual(parentIn(undefined), Option.none())
  assert.deepStrictEqual(parentIn("none"), Option.none())
})
