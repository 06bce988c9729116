/**
 * Requests to the forges through `node:http`. The first `fetch` of a process takes a tenth of the time and memory of a
 * Job's start, and not every Job comes to a model that needs it.
 */
import { type Answer, AnswerTooLarge, Exchange, type ForgeRequest } from "@nominal-code/forge/Exchange"
import { Effect, Layer } from "effect"
import * as Http from "node:http"
import * as Https from "node:https"
import { type Body, decompressed } from "./Decompression.ts"
import * as ProxyAgent from "./ProxyAgent.ts"
import * as RequestError from "./RequestError.ts"

/** Largest body of an answer in mebibytes, decompressed. A page of long comments has a fifth of it. */
const largestBody = 32

const received = (body: Body): Promise<Buffer> =>
  new Promise((resolve, reject) => {
    const chunks: Array<Buffer> = []
    let bytes = 0
    body.on("data", (chunk: Buffer) => {
      chunks.push(chunk)
      bytes += chunk.byteLength
      if (bytes > largestBody * 1024 * 1024) {
        chunks.length = 0
        reject(new AnswerTooLarge(`the answer is larger than ${largestBody} MiB`))
        body.destroy()
      }
    })
    body.on("error", (error) => reject(RequestError.of(error)))
    body.on("end", () => resolve(Buffer.concat(chunks)))
  })

/** Reads an answer to its end: a client of a forge takes a body that cannot be read for an empty one. */
const answerOf = (url: string, message: Http.IncomingMessage): Promise<Answer> => {
  const { headersDistinct, statusCode: status = 0, statusMessage: statusText = "" } = message
  const headers = new Map<string, string>()
  for (const [name, values = []] of Object.entries(headersDistinct)) headers.set(name, values.join(", "))
  const ok = status >= 200 && status < 300
  return received(decompressed(message)).catch((error: unknown) => {
    // What a refusal is says its status.
    if (ok) throw error
    return Buffer.alloc(0)
  }).then((read) => ({
    status,
    statusText,
    ok,
    url,
    headers,
    text: () => Promise.resolve(read.toString("utf8")),
    arrayBuffer: () => Promise.resolve(new Uint8Array(read).buffer)
  }))
}

/** Sends one request, over TLS by an agent, and follows no redirect. */
export const exchangeBy =
  (agent?: Https.Agent) => (url: string, { body, headers, method = "GET", signal }: ForgeRequest): Promise<Answer> =>
    new Promise((resolve, reject) => {
      const isSecure = url.startsWith("https:")
      const { request } = isSecure ? Https : Http
      // Node tells no length for a DELETE by itself, and the server then takes its body for another request.
      const length = body === undefined ? {} : { "content-length": Buffer.byteLength(body) }
      const options = {
        method,
        headers: { "accept-encoding": "gzip", ...headers, ...length },
        ...(isSecure && { agent }),
        ...(signal === undefined ? {} : { signal })
      }
      const sending = request(url, options, (message) => resolve(answerOf(url, message)))
      sending.on("error", (error) => reject(RequestError.of(error)))
      // An answer that changes the protocol closes the connection without an error.
      sending.on("close", () => reject(new Error("the connection was closed without an answer")))
      sending.end(body)
    })

/** `Exchange` over `node:http` and `node:https`, for the clients that are made with it. */
export const layer = Layer.effect(Exchange, Effect.map(ProxyAgent.make, exchangeBy))
