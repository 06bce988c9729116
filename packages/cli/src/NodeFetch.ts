/**
 * Requests to the models through `node:http`, as those to the forges. The `fetch` of Node has an HTTP client of its own,
 * whose parser is compiled in each process that uses it: a review took 15 MiB more with it.
 */
import { type Fetch, NetworkFetch } from "@nominal-code/llm/Transport"
import { Layer } from "effect"
import * as Http from "node:http"
import * as Https from "node:https"
import {
  type BrotliDecompress,
  createBrotliDecompress,
  createGunzip,
  createInflate,
  type Gunzip,
  type Inflate
} from "node:zlib"

type Decoder = Gunzip | Inflate | BrotliDecompress

const decoders = new Map<string, () => Decoder>([
  ["gzip", createGunzip],
  ["deflate", createInflate],
  ["br", createBrotliDecompress]
])

/** Statuses of answers that have no body, and of which a `Response` takes none. */
const bodiless: ReadonlySet<number> = new Set([204, 205, 304])

/** The body of an answer without its compression. Whoever reads it hears of an error of either. */
const decoded = (message: Http.IncomingMessage): Http.IncomingMessage | Decoder => {
  const decoder = decoders.get((message.headers["content-encoding"] ?? "").toLowerCase())?.()
  if (decoder === undefined) return message
  message.on("error", (error) => decoder.destroy(error)).pipe(decoder)
  return decoder.on("close", () => message.destroy())
}

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
const streamOf = (body: ReturnType<typeof decoded>, signal: RequestInit["signal"]): ReadableStream<Uint8Array> => {
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
      chunks.next().then(({ done, value }) => done === true ? controller.close() : controller.enqueue(value)),
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
  return new Response(isBodiless ? null : streamOf(decoded(message), signal), { headers, status, statusText })
}

const sent = (url: URL, body: string | undefined, { headers, method = "GET", signal }: RequestInit) =>
  new Promise<Response>((resolve, reject) => {
    const { request } = url.protocol === "https:" ? Https : Http
    const length = body === undefined ? {} : { "content-length": Buffer.byteLength(body) }
    const fields = { "accept-encoding": "gzip, deflate, br", ...Object.fromEntries(new Headers(headers)), ...length }
    const asking = request(url, { method, headers: fields }, (message) => {
      // A `Response` takes fewer statuses and texts than the wire does.
      Promise.resolve(message).then(() => read(message, signal)).then(resolve).catch((cause: unknown) => {
        message.destroy()
        reject(cause)
      })
    })
    onAbort(signal, asking, () => asking.destroy())
    asking.on("error", reject).end(body)
  })

/**
 * `fetch` for what the SDKs of models send: a text, or nothing. It follows no redirect. Anything else goes through Node's
 * own.
 */
export const fetch: Fetch = (input, init = {}) => {
  const body = init.body ?? undefined
  if ((typeof input !== "string" && !(input instanceof URL)) || (body !== undefined && typeof body !== "string")) {
    return globalThis.fetch(input, { ...init, redirect: "manual" })
  }
  const { signal } = init
  if (signal?.aborted === true) return Promise.reject(signal.reason)
  return sent(new URL(input), body, init).catch((cause: unknown) => {
    throw signal?.aborted === true ? signal.reason : new TypeError("fetch failed", { cause })
  })
}

/** `NetworkFetch` over `node:http` and `node:https`. */
export const layer = Layer.succeed(NetworkFetch, fetch)
