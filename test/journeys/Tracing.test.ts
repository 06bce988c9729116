import { assert, it } from "@effect/vitest"
import * as Collector from "@nominal-code/testing/Collector"
import { submitReview } from "@nominal-code/testing/ScriptedModel"
import { Effect } from "effect"
import { make, until } from "./Journey.ts"
import { finding, open } from "./Shop.ts"

const published = "GitHub.publish"

it.live("the spans of a review, from its delivery to its post, are one trace, and hold no secret", () =>
  Effect.gen(function*() {
    const collector = yield* Collector.make
    const journey = yield* make({
      env: { OTEL_EXPORTER_OTLP_ENDPOINT: collector.url, OTEL_EXPORTER_OTLP_HEADERS: "api-key=of%20the%20collector" }
    })
    const serve = yield* journey.start()
    const pull = yield* open(journey, "traced")
    const { apiKey, token, webhookSecret } = journey.secrets
    journey.script(pull, () => ({ calls: [submitReview("Looked at.", [finding("src/total.ts", "Cents are lost.")])] }))
    const job = yield* journey.send({ event: "pull_request", action: "opened", pull }, serve)
    yield* journey.ended(job)
    const [trace = ""] = serve.log.flatMap((line) => line.includes(job) ? line.match(/(?<= trace=)\w+/) ?? [] : [])
    // A delivery with every secret where a span takes it from: its headers, its query.
    yield* Effect.promise(() =>
      fetch(`${serve.webhook}?token=${token}&key=${apiKey}`, {
        method: "POST",
        headers: { "x-gitlab-token": webhookSecret, "x-note": token },
        body: "{}"
      })
    )
    yield* serve.stop("SIGTERM")
    const spans = () => collector.spans().filter(({ traceId }) => traceId === trace)
    const names = () => spans().map(({ name }) => name)
    /** Names of the spans that are a part of no other one. */
    const roots = () => {
      const ids = new Set(spans().map(({ spanId }) => spanId))
      return spans().filter(({ parentSpanId }) => parentSpanId === undefined || !ids.has(parentSpanId))
        .map(({ name }) => name)
    }
    yield* until("the last spans", () => names().includes(published) && roots().join(",") === "Intake.receive")
    assert.includeMembers(names(), ["Intake.receive", "Workspace.checkout", "Anthropic.send", published])
    assert.deepStrictEqual(journey.leaks([collector.text()]), [])
    assert.notInclude(collector.text(), "of the collector")
    assert.deepStrictEqual([...collector.keys], ["of the collector"])
  }))
