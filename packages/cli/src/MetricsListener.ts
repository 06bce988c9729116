import { settings } from "@nominal-code/config/Settings"
import * as Metrics from "@nominal-code/server/Metrics"
import { Effect, Layer } from "effect"
import { HttpServer } from "effect/http"
import * as Listener from "./Listener.ts"

const announce = (host: string) =>
  Layer.effectDiscard(Effect.gen(function*() {
    const { address } = yield* HttpServer.HttpServer
    if (address._tag !== "UnixPathAddress") yield* Effect.logInfo(`metrics on http://${host}:${address.port}/metrics`)
  }))

/** Listener with `/metrics`. A module of its own, so that only a process with a port for metrics loads an HTTP server. */
export const layer = (host: string, port: number) =>
  Layer.merge(Metrics.layer, announce(host)).pipe(
    Layer.provide(Listener.layer(host, port, settings.metrics.port))
  )
