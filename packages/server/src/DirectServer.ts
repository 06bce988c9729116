import { Context, Effect, type Scope } from "effect"
import { createServer, IncomingMessage, type Server, ServerResponse } from "node:http"

/** Handler of the requests to one path. */
export type DirectHandler = (request: IncomingMessage, response: ServerResponse) => void

/**
 * Paths whose `POST` requests go to a handler at once, without a fiber, a context and a span for each, which would cost
 * more than a delivery does. All other requests take the way of Effect's router.
 */
export class DirectRoutes extends Context.Service<DirectRoutes, {
  /** Hands the requests of a path to a handler until the scope closes. */
  add(path: string, handler: DirectHandler): Effect.Effect<void, never, Scope.Scope>
}>()("@nominal-code/server/DirectRoutes") {}

const pathOf = ({ url = "" }: IncomingMessage): string => {
  const query = url.indexOf("?")
  return query === -1 ? url : url.slice(0, query)
}

/**
 * A server that does not listen yet, and its direct routes, which it looks for before it asks its listeners. It answers
 * 503 until Effect has attached a router.
 */
export const make = (): { readonly server: Server; readonly routes: DirectRoutes["Service"] } => {
  const server = createServer()
  const handlers = new Map<string, DirectHandler>()

  /** Handles a request if it is one of a direct route; true if it was. */
  const handle = (request: IncomingMessage, response: ServerResponse): boolean => {
    // Listening starts before the router is attached and ends after: such a request would never get an answer.
    if (server.listenerCount("request") === 0) {
      response.writeHead(503).end()
      return true
    }
    const handler = request.method === "POST" ? handlers.get(pathOf(request)) : undefined
    handler?.(request, response)
    return handler !== undefined
  }

  const emit = server.emit.bind(server)
  Object.assign(server, {
    emit: (event: string, ...given: ReadonlyArray<unknown>): boolean => {
      const [request, response] = given
      const isRequest = event === "request" || event === "checkContinue"
      if (!(isRequest && request instanceof IncomingMessage && response instanceof ServerResponse)) {
        return emit(event, ...given)
      }
      // Node keeps a connection that is in use when the server closes: whoever sends by it would not find another server.
      if (!server.listening) response.shouldKeepAlive = false
      return handle(request, response) || emit(event, ...given)
    }
  })
  return {
    server,
    routes: DirectRoutes.of({
      add: (path, handler) =>
        Effect.acquireRelease(
          Effect.sync(() => handlers.set(path, handler)),
          () => Effect.sync(() => handlers.delete(path))
        )
    })
  }
}
