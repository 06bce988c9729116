import { NodeHttpServer } from "@effect/platform-node"
import { settings } from "@nominal-code/config/Settings"
import { nameOf, type Setting } from "@nominal-code/domain/Setting"
import { Effect, Layer, Predicate, Schema } from "effect"
import type { HttpServer } from "effect/http"
import { createServer } from "node:http"

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

const explain = (host: string, port: number, setting: Setting<unknown>, cause: unknown) => {
  const code = Predicate.hasProperty(cause, "code") ? String(cause.code) : String(cause)
  const why = code === "EADDRINUSE"
    ? "another process listens there: end it"
    : `${code}: check ${nameOf(settings.webhook.host)}`
  return new ListenFailed({ message: `cannot listen on ${host}:${port}, ${why}, or set ${nameOf(setting)}` })
}

/** Listener on an address; `setting` is what chose its port. */
export const layer = (
  host: string,
  port: number,
  setting: Setting<unknown>
): Layer.Layer<HttpServer.HttpServer, ListenFailed> =>
  NodeHttpServer.layer(makeServer, { host, port, gracefulShutdownTimeout: "5 seconds" }).pipe(
    Layer.catchTag("ServeError", ({ cause }) => Layer.effectContext(Effect.fail(explain(host, port, setting, cause))))
  )
