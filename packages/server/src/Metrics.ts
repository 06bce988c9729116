import { ScrapeHooks, setQueue } from "@nominal-code/domain/telemetry/Metrics"
import { JobRecords } from "@nominal-code/jobs/JobRecords"
import { ServiceBreakers } from "@nominal-code/jobs/run/ServiceBreakers"
import { Effect, Layer } from "effect"
import { HttpServer, HttpServerRequest, HttpServerResponse } from "effect/http"
import { PrometheusMetrics } from "effect/observability"

/** Gauges of the queue as it is at a scrape. Without an answer of the store, they stay as they were. */
export const queueGauges = Layer.effectDiscard(Effect.gen(function*() {
  const { depth } = yield* JobRecords
  const { outages } = yield* ServiceBreakers
  const set = Effect.gen(function*() {
    yield* setQueue({ ...yield* depth, servicesAway: (yield* outages).length })
  })
  yield* (yield* ScrapeHooks).add(
    Effect.catchTag(set, "StoreError", ({ message }) => Effect.logWarning(`the queue could not be counted: ${message}`))
  )
}))

/** `GET /metrics` in Prometheus' text format, on whatever listener is provided. */
export const layer = HttpServer.serve(Effect.gen(function*() {
  const { method, url } = yield* HttpServerRequest.HttpServerRequest
  if (method !== "GET" || url.split("?")[0] !== "/metrics") return HttpServerResponse.empty({ status: 404 })
  yield* (yield* ScrapeHooks).run
  return HttpServerResponse.text(yield* PrometheusMetrics.format(), {
    contentType: "text/plain; version=0.0.4; charset=utf-8"
  })
}))
