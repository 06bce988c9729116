import { assert, it } from "@effect/vitest"
import { submitReview } from "@nominal-code/testing/ScriptedModel"
import { Effect } from "effect"
import { make, until } from "./Journey.ts"
import { finding, open } from "./Shop.ts"

it.live("the metrics of a server tell of a review: the delivery, the run, its tokens and its dollars", () =>
  Effect.gen(function*() {
    const journey = yield* make({ env: { METRICS_PORT: "0" } })
    const serve = yield* journey.start()
    const pull = yield* open(journey, "measured")
    journey.script(pull, () => ({ calls: [submitReview("Looked at.", [finding("src/total.ts", "Cents are lost.")])] }))
    yield* journey.ended(yield* journey.send({ event: "pull_request", action: "opened", pull }, serve))
    const url = serve.log.flatMap((line) => line.match(/metrics on (http:\S+)/)?.[1] ?? [])[0] ?? assert.fail("no port")
    const read = Effect.promise(() => fetch(url.replace("0.0.0.0", "127.0.0.1")).then((answer) => answer.text()))
    let text = ""
    yield* until("the run to be counted", () => text.includes("nominal_jobs_total")).pipe(
      Effect.raceFirst(Effect.forever(Effect.tap(read, (answer) => Effect.sync(() => text = answer))))
    )
    assert.include(text, "nominal_deliveries_total{status=\"accepted\"} 1\n")
    assert.include(text, "nominal_jobs_total{state=\"done\"} 1\n")
    assert.include(text, "nominal_queue_jobs{state=\"waiting\"} 0\n")
    assert.match(text, /^nominal_model_tokens_total\{provider="anthropic",model="[^"]+",kind="output"\} [1-9]\d*$/m)
    assert.match(text, /^nominal_model_cost_usd_total\{provider="anthropic",model="[^"]+"\} 0\.\d+$/m)
    const left = /^nominal_forge_requests_left\{forge="github",account="github",resource="core"\} (\d+)$/m.exec(text)
    assert.isBelow(Number(left?.[1] ?? Number.NaN), 5_000)
    // The port of the webhooks has a way in for everybody.
    const webhooks = new URL(serve.webhook).origin
    assert.strictEqual((yield* Effect.promise(() => fetch(`${webhooks}/metrics`))).status, 404)
    assert.deepStrictEqual(journey.leaks(serve.log), [])
  }))
