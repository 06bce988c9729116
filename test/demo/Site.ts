import { listenScoped } from "@nominal-code/testing/GitHubServer"
import { Effect } from "effect"

/**
 * The demo's page on the loopback, with a button for each act. A form of another site cannot press one.
 */
export const serve = Effect.fnUntraced(function*(page: () => string, press: (name: string) => boolean) {
  const { origin, server } = yield* listenScoped
  server.on("request", ({ headers, method, url = "" }, response) => {
    const name = /^\/acts\/(\w+)$/.exec(url)?.[1]
    if (method === "GET" && url === "/") {
      response.writeHead(200, { "content-type": "text/html; charset=utf-8", "cache-control": "no-store" }).end(page())
    } else if (method === "POST" && name !== undefined && (headers.origin ?? origin) === origin) {
      if (press(name)) response.writeHead(303, { location: "/" }).end()
      else response.writeHead(404).end()
    } else response.writeHead(404).end()
  })
  return origin
})
