import * as NodeHttpServer from "@effect/platform-node/NodeHttpServer"
import { settings } from "@nominal-code/config/Settings"
import { nameOf, type Setting } from "@nominal-code/domain/settings/Setting"
import * as DirectServer from "@nominal-code/server/DirectServer"
import { Effect, Layer, Predicate, Schema } from "effect"
import type { HttpServer } from "effect/http"

/** An address that cannot be listened on. */
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
): Layer.Layer<HttpServer.HttpServer | DirectServer.DirectRoutes, ListenFailed> =>
  Layer.suspend(() => {
    const { routes, server } = DirectServer.make()
    return NodeHttpServer.layer(() => server, { host, port, gracefulShutdownTimeout: "5 seconds" }).pipe(
      Layer.catchTag(
        "ServeError",
        ({ cause }) => Layer.effectContext(Effect.fail(explain(host, port, setting, cause)))
      ),
      Layer.merge(Layer.succeed(DirectServer.DirectRoutes, routes))
    )
  })
