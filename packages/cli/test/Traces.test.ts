import { assert, it } from "@effect/vitest"
import { Job } from "@nominal-code/domain/job/Job"
import { JobPayloadJson } from "@nominal-code/domain/job/JobPayload"
import { Traceparent } from "@nominal-code/domain/telemetry/Trace"
import * as Collector from "@nominal-code/testing/Collector"
import { laneOf, mention } from "@nominal-code/testing/Jobs"
import { Effect, Schema } from "effect"
import { runWith } from "./RunCommand.ts"

const trace = "0af7651916cd43dd8448eb211c80319c"
const traceparent = Traceparent.make(`00-${trace}-b7ad6b7169203331-01`)

const payload = Schema.encodeSync(JobPayloadJson)({
  version: 2,
  job: new Job({ ...mention(laneOf(1), "a"), traceparent })
})

const environment = {
  ANTHROPIC_API_KEY: "sk-ant-key",
  GITHUB_TOKEN: "ghp_token",
  // Nobody is there, so the run comes to its end at once.
  GITHUB_API_BASE: "http://127.0.0.1:1",
  REVIEWER_BOT_USERNAME: "nominalbot",
  NOMINAL_STORAGE: "memory"
}

it.live("a job's process goes on with the trace of its delivery, and sends its spans before it ends", () =>
  Effect.gen(function*() {
    const collector = yield* Collector.make
    yield* runWith({ ...environment, OTEL_EXPORTER_OTLP_ENDPOINT: collector.url }, "run-job", "--payload", payload)
    const spans = collector.spans()
    assert.include(spans.map(({ name }) => name), "GitHub.look")
    assert.deepStrictEqual([...new Set(spans.map(({ traceId }) => traceId))], [trace])
  }))

it.live("a collector that is away fails no run, and is no word in its log", () =>
  Effect.gen(function*() {
    const away = { ...environment, OTEL_EXPORTER_OTLP_ENDPOINT: "http://127.0.0.1:1" }
    const { code, stderr } = yield* runWith(away, "run-job", "--payload", payload)
    assert.strictEqual(code, 1)
    assert.match(stderr, /failed: forge: no answer: .* \(GitHub\.look acme\/api#1\)/)
    assert.notMatch(stderr, /otel|otlp|exporter/i)
  }))
