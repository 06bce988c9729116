import { assert, it } from "@effect/vitest"
import { layerScrapeHooks } from "@nominal-code/domain/telemetry/Metrics"
import { freePort } from "@nominal-code/testing/FreePort"
import { Effect, Layer, Logger } from "effect"
import * as MetricsListener from "../src/MetricsListener.ts"

it.live("the log names the address of the metrics, and only that path is answered there", () =>
  Effect.gen(function*() {
    const port = yield* freePort
    const lines: Array<unknown> = []
    const hearing = Logger.layer([Logger.make(({ message }) => lines.push(message))])
    yield* Layer.build(Layer.provide(MetricsListener.layer("127.0.0.1", port), [hearing, layerScrapeHooks]))
    const address = `http://127.0.0.1:${port}`
    assert.deepStrictEqual(lines.flat(), [`metrics on ${address}/metrics`])
    const answers = yield* Effect.promise(() =>
      Promise.all([
        fetch(`${address}/metrics?name=all`),
        fetch(`${address}/`),
        fetch(`${address}/metrics`, { method: "POST" })
      ])
    )
    assert.deepStrictEqual(answers.map(({ status }) => status), [200, 404, 404])
    assert.match(answers[0].headers.get("content-type") ?? "", /^text\/plain; version=0\.0\.4/)
  }).pipe(Effect.scoped))
