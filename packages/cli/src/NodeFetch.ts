/**
 * Requests to the models through `node:http`, as those to the forges. The `fetch` of Node has an HTTP client of its own,
 * whose parser is compiled in each process that uses it: a review took 15 MiB more with it.
 */
import { type Fetch, NetworkFetch } from "@nominal-code/llm/Transport"
import { Effect, Layer } from "effect"
import * as Http from "node:http"
import * as Https from "node:https"
import { type Body, decompressed } from "./Decompression.ts"
import * as ProxyAgent from "./ProxyAgent.ts"
import * as RequestError from "./RequestError.ts"

/** Statuses of answers that have no body, and of which a `Response` takes none. */
const bodiless: ReadonlySet<number> = new Set([204, 205, 304])

/** Something that closes. */
interface Closing {
  once(event: "close", listener: () => void): unknown
}

/** Has an effect when a signal comes, until whatever it is about has closed. */
const onAbort = (signal: AbortSignal | null | undefined, about: Closing, stop: () => void): void => {
  signal?.addEventListener("abort", stop)
  about.once("close", () => signal?.removeEventListener("abort", stop))
}

/** A body as a stream of the web, which closes the connection when nobody wants the rest. */
const streamOf = (body: Body, signal: RequestInit["signal"]): ReadableStream<Uint8Array> => {
  // Whoever reads hears of it; an answer that nobody reads ends no process.
  body.on("error", () => {})
  const chunks: AsyncIterator<Uint8Array> = body[Symbol.asyncIterator]()
  return new ReadableStream({
    start: (controller) =>
      onAbort(signal, body, () => {
        controller.error(signal?.reason)
        // Without an error: a connection whose answer is complete may have nobody who hears of it.
        body.destroy()
      }),
    pull: (controller) =>
      chunks.next().then(
        ({ done, value }) => done === true ? controller.close() : controller.enqueue(value),
        (error: unknown) => controller.error(RequestError.of(error))
      ),
    cancel: () => {
      body.destroy()
    }
  }, { highWaterMark: 0 })
}

const read = (message: Http.IncomingMessage, signal: RequestInit["signal"]): Response => {
  const { headersDistinct, statusCode: status = 0, statusMessage: statusText = "" } = message
  const headers = new Headers()
  for (const [name, values = []] of Object.entries(headersDistinct)) {
    for (const value of values) headers.append(name, value)
  }
  const isBodiless = bodiless.has(status)
  if (isBodiless) message.resume()
  return new Response(isBodiless ? null : streamOf(decompressed(message), signal), { headers, status, statusText })
}

/** A request with a body that is here. `agent`: for those over TLS. */
interface SentRequest {
  readonly url: URL
  readonly body: string | Uint8Array | undefined
  readonly init: RequestInit
  readonly agent: Https.Agent | undefined
}

const sent = ({ agent, body, init: { headers, method = "GET", signal }, url }: SentRequest) =>
  new Promise<Response>((resolve, reject) => {
    const isSecure = url.protocol === "https:"
    const { request } = isSecure ? Https : Http
    const length = body === undefined ? {} : { "content-length": Buffer.byteLength(body) }
    const fields = { "accept-encoding": "gzip, br", ...Object.fromEntries(new Headers(headers)), ...length }
    const asking = request(url, { method, headers: fields, ...(isSecure && { agent }) }, (message) => {
      // Read now: an error of the answer may be next. A `Response` takes fewer statuses and texts than the wire does.
      resolve(
        new Promise<Response>((answered) => answered(read(message, signal))).catch((cause: unknown) => {
          message.destroy()
          throw cause
        })
      )
    })
    onAbort(signal, asking, () => asking.destroy())
    // An answer that changes the protocol closes the connection without an error.
    asking.on("close", () => reject(new Error("the connection was closed without an answer")))
    asking.on("error", (error) => reject(RequestError.of(error))).end(body)
  })

/**
 * `fetch` for what the SDKs of models send: a text, bytes, or nothing. It follows no redirect. Anything else goes through
 * Node's own. `agent`: of the requests over TLS.
 */
export const fetchBy = (agent?: Https.Agent): Fetch => (input, init = {}) => {
  const body = init.body ?? undefined
  const isHere = body === undefined || typeof body === "string" || body instanceof Uint8Array
  if (!isHere || (typeof input !== "string" && !(input instanceof URL))) {
    return globalThis.fetch(input, { ...init, redirect: "manual" })
  }
  const { signal } = init
  if (signal?.aborted === true) return Promise.reject(signal.reason)
  return sent({ url: new URL(input), body, init, agent }).catch((cause: unknown) => {
    throw signal?.aborted === true ? signal.reason : new TypeError("fetch failed", { cause })
  })
}

/** `NetworkFetch` over `node:http` and `node:https`. */
export const layer = Layer.effect(NetworkFetch, Effect.map(ProxyAgent.make, fetchBy))
