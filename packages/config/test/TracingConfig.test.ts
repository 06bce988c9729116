import { assert, it } from "@effect/vitest"
import { Effect, Option } from "effect"
import { complete, configured, problems } from "./Fixture.ts"

const OTEL_EXPORTER_OTLP_HEADERS = "api-key=a-key-of-a-collector"

it.effect("there are no traces unless a collector is named", () =>
  Effect.gen(function*() {
    const { tracing, warnings } = yield* configured({})
    assert.deepStrictEqual([tracing.endpoint, tracing.headers, warnings], [Option.none(), Option.none(), []])
    const named = yield* configured({ yaml: "tracing: { endpoint: \"http://collector:4318/\" }" })
    assert.deepStrictEqual([named.tracing.endpoint, named.warnings], [Option.some("http://collector:4318"), []])
  }))

it.effect("headers that go to a collector without encryption are warned of", () =>
  Effect.gen(function*() {
    const at = (OTEL_EXPORTER_OTLP_ENDPOINT: string) =>
      Effect.map(
        configured({ env: { ...complete, OTEL_EXPORTER_OTLP_HEADERS, OTEL_EXPORTER_OTLP_ENDPOINT } }),
        ({ warnings }) => warnings
      )
    assert.deepStrictEqual(yield* at("http://collector:4318"), [
      "tracing.endpoint (OTEL_EXPORTER_OTLP_ENDPOINT): the headers go there unencrypted: use https where you can"
    ])
    assert.deepStrictEqual(yield* at("https://collector.example"), [])
  }))

it.effect("headers in another form are refused, and not shown", () =>
  Effect.gen(function*() {
    const env = { ...complete, OTEL_EXPORTER_OTLP_HEADERS: "a-key-of-a-collector" }
    assert.deepStrictEqual(yield* problems({ env }), [
      "tracing.headers (OTEL_EXPORTER_OTLP_HEADERS): the value in the environment is not headers: " +
      "name=value, with commas between them"
    ])
  }))
