import type { MetricsSettings, TracingSettings, WebhookSettings } from "@nominal-code/config/AppConfig"
import { KnownSecrets } from "@nominal-code/domain/secret/KnownSecrets"
import { layerScrapeHooks } from "@nominal-code/domain/telemetry/Metrics"
import * as NetworkHttp from "@nominal-code/llm/NetworkHttp"
import { Effect, Layer, Option, Redacted, Schedule, Semaphore } from "effect"
import { HttpBody, HttpClient } from "effect/http"
import { OtlpSerialization, OtlpTracer } from "effect/observability"

/** Fields of a span that are hexadecimal digits of its tracer, and no text. */
const identifiers: ReadonlySet<string> = new Set(["traceId", "spanId", "parentSpanId"])

/** Writes spans as JSON, all their texts through redaction: names, attributes, events and errors. */
const redacted = (redact: (text: string) => string) => {
  const body = (data: unknown) =>
    HttpBody.text(
      JSON.stringify(data, (key, value: unknown) => {
        if (typeof value === "number" && !Number.isFinite(value)) return String(value)
        return typeof value === "string" && !identifiers.has(key) ? redact(value) : value
      }),
      "application/json"
    )
  return Layer.succeed(OtlpSerialization.OtlpSerialization, { traces: body, metrics: body, logs: body })
}

const decoded = Option.liftThrowable(decodeURIComponent)

/** Headers that are written `name=value,name=value`. */
const headersOf = (text: string): Readonly<Record<string, string>> =>
  Object.fromEntries(
    text.split(",").map((pair) => {
      const at = pair.indexOf("=")
      const value = pair.slice(at + 1).trim()
      return [pair.slice(0, at).trim(), Option.getOrElse(decoded(value), () => value)]
    })
  )

/** Number of batches that are on their way at once, of a thousand spans each. */
const atOnce = 4
/** Time for a batch with its repetitions. */
const patience = "10 seconds"

/**
 * The HTTP client of the exporter, with bounds: by itself, it holds a batch for as long as a collector hangs or its
 * `Retry-After` says, and a flood has a batch each moment. What does not pass them is a defect, because the exporter would
 * repeat an error: it lets go of the batch, and leaves the collector alone for a minute.
 */
const bounded = Layer.effect(
  HttpClient.HttpClient,
  Effect.map(HttpClient.HttpClient, (client) => {
    const turns = Semaphore.makeUnsafe(atOnce)
    return HttpClient.transform(HttpClient.filterStatusOk(client), (sending) =>
      sending.pipe(
        Effect.tap((response) => response.arrayBuffer),
        Effect.retry({ schedule: Schedule.spaced("1 second"), times: 3 }),
        Effect.timeout(patience),
        Effect.orDie,
        turns.withPermitsIfAvailable(1),
        Effect.flatMap(
          Option.match({ onNone: () => Effect.die("too many batches are on their way"), onSome: Effect.succeed })
        )
      ))
  })
)

/** Sends the spans of everything above it to a collector. Spans pass the redaction of logs and posts. */
const traces = (url: string, headers: TracingSettings["headers"]) =>
  Layer.unwrap(Effect.map(KnownSecrets, ({ redact }) =>
    OtlpTracer.layer({
      url: `${url}/v1/traces`,
      resource: { serviceName: "nominal-code" },
      ...Option.match(headers, {
        onNone: () => ({}),
        onSome: (text) => ({ headers: headersOf(Redacted.value(text)) })
      })
    }).pipe(
      Layer.provide(redacted(redact)),
      Layer.provide(Layer.provide(bounded, NetworkHttp.layer))
    )))

/** Settings of the telemetry. */
export interface TelemetryOptions {
  readonly tracing: TracingSettings
  /** Address of `/metrics`; none for a process that ends with its job. */
  readonly metrics?: MetricsSettings & Pick<WebhookSettings, "host">
}

/** Opens `/metrics`. The HTTP server is loaded here, not with this module: a Job sends traces and listens nowhere. */
const metricsOn = ({ host, port }: NonNullable<TelemetryOptions["metrics"]>) =>
  Option.match(port, {
    onNone: () => Layer.empty,
    onSome: (port) =>
      Layer.unwrap(Effect.map(Effect.promise(() => import("./MetricsListener.ts")), ({ layer }) => layer(host, port)))
  })

/**
 * Metrics and traces of a process: `/metrics` if it has a port, and the spans of everything above it to a collector if
 * `tracing.endpoint` is set. A collector that is away is left alone for a minute, and no review waits for it.
 */
export const layer = ({ metrics, tracing: { endpoint, headers } }: TelemetryOptions) =>
  Layer.merge(
    metrics === undefined ? Layer.empty : metricsOn(metrics),
    Option.match(endpoint, { onNone: () => Layer.empty, onSome: (url) => traces(url, headers) })
  ).pipe(Layer.provideMerge(layerScrapeHooks))
