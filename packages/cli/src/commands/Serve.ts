import { NodeHttpServer } from "@effect/platform-node"
import { AppConfig } from "@nominal-code/config/AppConfig"
import * as AppConfigLayer from "@nominal-code/config/AppConfigLayer"
import { Forges } from "@nominal-code/forge/Forges"
import * as ServiceBreakers from "@nominal-code/jobs/ServiceBreakers"
import { Effect, Layer, Predicate, Schema } from "effect"
import { HttpServer } from "effect/http"
import { createServer } from "node:http"
import * as Configured from "../Configured.ts"
import * as Logging from "../Logging.ts"
import * as Runner from "../Runner.ts"
import * as Storage from "../Storage.ts"

/**
 * HTTP server that answers 503 while no routes are attached: listening starts before that and ends after, and such a
 * request would otherwise never get an answer.
 */
const makeServer = () => {
  const server = createServer((_request, response) => {
    if (server.listenerCount("request") === 1) response.writeHead(503).end()
  })
  return server
}

/** The configured address cannot be listened on. */
class ListenFailed extends Schema.TaggedError<ListenFailed>()("ListenFailed", { message: Schema.String }) {}

const explain = (host: string, port: number, cause: unknown) => {
  const code = Predicate.hasProperty(cause, "code") ? String(cause.code) : String(cause)
  const why = code === "EADDRINUSE"
    ? "another process listens there: end it"
    : `${code}: check webhook.host (WEBHOOK_HOST)`
  return new ListenFailed({ message: `cannot listen on ${host}:${port}, ${why}, or set webhook.port (WEBHOOK_PORT)` })
}

const listener = Layer.unwrap(
  Effect.map(
    AppConfig,
    ({ webhook: { host, port } }) =>
      NodeHttpServer.layer(makeServer, { host, port, gracefulShutdownTimeout: "5 seconds" }).pipe(
        Layer.catchTag("ServeError", ({ cause }) => Layer.effectContext(Effect.fail(explain(host, port, cause))))
      )
  )
)

const announce = Layer.effectDiscard(Effect.gen(function*() {
  const { policy, storage, warnings, webhook } = yield* AppConfig
  yield* Effect.forEach(warnings, (warning) => Effect.logWarning(warning), { discard: true })
  const { address } = yield* HttpServer.HttpServer
  // Port 0 is any that is free.
  const port = address._tag === "UnixPathAddress" ? webhook.port : address.port
  yield* Effect.logInfo(`listening on http://${webhook.host}:${port}, waiting for webhooks`, {
    platforms: (yield* Forges).platforms.join(","),
    reviewer: `@${policy.botUsername}`,
    runner: yield* Runner.name,
    storage,
    triggers: policy.triggers.join(",") || "mentions only",
    users: policy.allowedUsers.join(",")
  })
}))

/**
 * The whole server, read from the bottom up. It closes from the top down: first the listener, so that nothing new is
 * accepted; then the lanes, which let running reviews finish; then the stores.
 */
export const layer = announce.pipe(
  Layer.provideMerge(Configured.server),
  Layer.provide(listener),
  Layer.provide(Configured.lanes),
  Layer.provide(Runner.layer),
  Layer.provide(ServiceBreakers.layer),
  Layer.provide(Layer.merge(Configured.forges, Configured.webhooks)),
  Layer.provide(Storage.layer),
  Layer.provide(Logging.layer),
  Layer.provide(AppConfigLayer.layer("serve"))
)

export const serve = Layer.launch(layer)
