import { Effect } from "effect"
import { createServer } from "node:http"

/** A span as OTLP's JSON has it, of what a test looks at. */
interface Span {
  readonly traceId: string
  readonly spanId: string
  readonly parentSpanId?: string
  readonly name: string
}

interface Traces {
  readonly resourceSpans: ReadonlyArray<{ readonly scopeSpans: ReadonlyArray<{ readonly spans: ReadonlyArray<Span> }> }>
}

/** An OpenTelemetry collector on this machine, which keeps what it gets. */
export const make = Effect.gen(function*() {
  const bodies: Array<string> = []
  const keys = new Set<unknown>()
  const server = createServer((request, response) => {
    const chunks: Array<Buffer> = []
    request.on("data", (chunk) => chunks.push(chunk))
    request.on("end", () => {
      if (request.url === "/v1/traces") bodies.push(Buffer.concat(chunks).toString())
      keys.add(request.headers["api-key"])
      response.writeHead(200, { "content-type": "application/json" }).end("{}")
    })
  })
  const url = yield* Effect.acquireRelease(
    Effect.callback<string>((resume) => {
      server.listen(0, "127.0.0.1", () => {
        const address = server.address()
        resume(
          address === null || typeof address === "string"
            ? Effect.die("no port")
            : Effect.succeed(`http://127.0.0.1:${address.port}`)
        )
      })
    }),
    () => Effect.sync(() => server.close())
  )
  const spans = (): ReadonlyArray<Span> =>
    bodies.flatMap((body) => {
      const { resourceSpans }: Traces = JSON.parse(body)
      return resourceSpans.flatMap(({ scopeSpans }) => scopeSpans.flatMap((scope) => scope.spans))
    })
  return {
    url,
    /** All that was sent, as it was sent. */
    text: () => bodies.join("\n"),
    /** Values of the header `api-key`. */
    keys,
    spans
  }
})
