import type { MetricsSettings, WebhookSettings } from "@nominal-code/config/AppConfig"
import { settings } from "@nominal-code/config/Settings"
import * as Metrics from "@nominal-code/server/Metrics"
import { Effect, Layer, Option } from "effect"
import { HttpServer } from "effect/http"
import * as Listener from "./Listener.ts"

const announce = (host: string) =>
  Layer.effectDiscard(Effect.gen(function*() {
    const { address } = yield* HttpServer.HttpServer
    if (address._tag !== "UnixPathAddress") yield* Effect.logInfo(`metrics on http://${host}:${address.port}/metrics`)
  }))

/** Settings of the listener: it has the host of the webhooks. */
export interface MetricsListenerSettings {
  readonly metrics: MetricsSettings
  readonly webhook: Pick<WebhookSettings, "host">
}

/**
 * Metrics of the server, and their listener with `/metrics`, if `metrics.port` is set. Apart from the traces in
 * `Telemetry`, because a Job's process sends traces and loads no HTTP server.
 */
export const layer = ({ metrics, webhook: { host } }: MetricsListenerSettings) =>
  Option.match(metrics.port, {
    onNone: () => Layer.empty,
    onSome: (port) =>
      Layer.merge(Metrics.layer, announce(host)).pipe(
        Layer.provide(Listener.layer(host, port, settings.metrics.port))
      )
  })
