import type { LlmError } from "@nominal-code/llm/LlmError"
import type { LlmProvider, LlmRequest } from "@nominal-code/llm/LlmProvider"
import type { ServiceSettings } from "@nominal-code/llm/ModelService"
import { FirstDelay } from "@nominal-code/llm/Retry"
import { Duration, Effect, Option, Redacted, type Scope } from "effect"
import { createServer, type IncomingHttpHeaders, type ServerResponse } from "node:http"
import type { AddressInfo } from "node:net"

/** Behaviour of the service for one request. It ends the response, breaks it off, or leaves it open. */
export type Reply = (response: ServerResponse) => void

/** A request as it came over the wire. */
interface ReceivedRequest {
  readonly url: string
  readonly text: string
  readonly headers: IncomingHttpHeaders
  // oxlint-disable-next-line typescript/no-explicit-any -- tests look into a foreign wire format
  readonly body: any
}

/** A model service that answers each request with the next of its replies, and the last one from then on. */
export const serve = (replies: ReadonlyArray<Reply>): Effect.Effect<
  { readonly url: string; readonly received: ReadonlyArray<ReceivedRequest> },
  never,
  Scope.Scope
> =>
  Effect.gen(function*() {
    const received: Array<ReceivedRequest> = []
    const server = yield* Effect.acquireRelease(
      Effect.callback<ReturnType<typeof createServer>>((resume) => {
        const server = createServer((request, response) => {
          const chunks: Array<Buffer> = []
          request.on("data", (chunk: Buffer) => chunks.push(chunk))
          request.on("end", () => {
            const text = Buffer.concat(chunks).toString()
            received.push({
              url: request.url ?? "",
              headers: request.headers,
              text,
              body: text.startsWith("{") ? JSON.parse(text) : text
            })
            replies[Math.min(received.length, replies.length) - 1]?.(response)
          })
        })
        server.listen(0, "127.0.0.1", () => resume(Effect.succeed(server)))
      }),
      (server) =>
        Effect.callback<void>((resume) => {
          server.closeAllConnections()
          server.close(() => resume(Effect.void))
        })
    )
    // A listening TCP server has an address with a port.
    const { port } = server.address() as AddressInfo
    return { url: `http://127.0.0.1:${port}`, received }
  })

export const status = (code: number, body: unknown, headers: Record<string, string> = {}): Reply => (response) => {
  response.writeHead(code, { "content-type": "application/json", ...headers })
  response.end(typeof body === "string" ? body : JSON.stringify(body))
}

export const disconnect: Reply = (response) => response.destroy()

export const silence: Reply = () => {}

const limits = { idle: Duration.seconds(10), attempt: Duration.seconds(20), total: Duration.seconds(30) }

/** A provider that talks to a service with a script, and what the service received. */
interface Scene {
  readonly received: ReadonlyArray<ReceivedRequest>
  readonly send: (request: LlmRequest) => ReturnType<LlmProvider["Service"]["send"]>
  readonly fails: (request: LlmRequest) => Effect.Effect<LlmError, unknown>
}

/** Provider with a key, in front of a service that has a script. `path`: where its API is. */
export const scripted = (
  make: (settings: ServiceSettings) => Effect.Effect<LlmProvider["Service"], never, Scope.Scope>,
  key: string,
  path = ""
) =>
  Effect.fnUntraced(function*(
    replies: ReadonlyArray<Reply>,
    given: Partial<typeof limits> = {}
  ): Effect.fn.Return<Scene, never, Scope.Scope> {
    const { received, url } = yield* serve(replies)
    const provider = yield* make({
      apiKey: Redacted.make(key),
      baseUrl: Option.some(`${url}${path}`),
      limits: { ...limits, ...given }
    })
    const send = (request: LlmRequest) => Effect.provideService(provider.send(request), FirstDelay, Duration.millis(1))
    return { received, send, fails: (request) => Effect.flip(send(request)) }
  })
