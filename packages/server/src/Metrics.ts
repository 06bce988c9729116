import { setQueue } from "@nominal-code/domain/Metrics"
import { JobRecords } from "@nominal-code/jobs/JobRecords"
import { ServiceBreakers } from "@nominal-code/jobs/ServiceBreakers"
import { Effect } from "effect"
import { HttpServer, HttpServerRequest, HttpServerResponse } from "effect/http"
import { PrometheusMetrics } from "effect/observability"

/** The queue as it is now. Without an answer of the store, the gauges stay as they were. */
const observed = Effect.gen(function*() {
  const { depth } = yield* JobRecords
  const { outages } = yield* ServiceBreakers
  yield* setQueue({ ...yield* depth, servicesAway: (yield* outages).length })
}).pipe(Effect.catchTag("StoreError", ({ message }) => Effect.logWarning(`the queue could not be counted: ${message}`)))

/** `GET /metrics` in Prometheus' text format, on whatever listener is provided. */
export const layer = HttpServer.serve(Effect.gen(function*() {
  const { method, url } = yield* HttpServerRequest.HttpServerRequest
  if (method !== "GET" || url.split("?")[0] !== "/metrics") return HttpServerResponse.empty({ status: 404 })
  yield* observed
  return HttpServerResponse.text(yield* PrometheusMetrics.format(), {
    contentType: "text/plain; version=0.0.4; charset=utf-8"
  })
}))
