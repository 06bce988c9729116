import { AppConfig } from "@nominal-code/config/AppConfig"
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

/** Metrics of the server, and their listener with `/metrics`, if `metrics.port` is set. */
export const layer = Layer.unwrap(
  Effect.map(AppConfig, ({ metrics, webhook: { host } }) =>
    Option.match(metrics.port, {
      onNone: () => Layer.empty,
      onSome: (port) =>
        Layer.merge(Metrics.layer, announce(host)).pipe(
          Layer.provide(Listener.layer(host, port, settings.metrics.port))
        )
    }))
)
