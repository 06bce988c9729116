import { Data, Effect } from "effect"
import type { IncomingMessage } from "node:http"
import { request as httpsRequest } from "node:https"

/** The API server did not answer: it is away, or refuses the connection. */
export class ApiAway extends Data.TaggedError("ApiAway")<{ readonly message: string }> {}

/** Address of an API server, and the credentials. */
export interface Access {
  readonly port: number
  /** The certificate of its authority, in PEM. */
  readonly ca: string
  readonly token: string
}

/** An answer of the API server. */
export interface Answer {
  readonly code: number
  /** Body of the answer, as JSON. */
  readonly body: Record<string, never>
}

/** Body of the request: JSON, unless the content type says that it is a patch. */
export interface RequestBody {
  readonly body?: unknown
  readonly contentType?: string
}

const open = (
  { ca, port, token }: Access,
  method: string,
  path: string,
  { body, contentType = "application/json" }: RequestBody,
  answered: (response: IncomingMessage) => void,
  failed: (error: Error) => void
) => {
  const request = httpsRequest({
    host: "127.0.0.1",
    port,
    path,
    method,
    ca,
    agent: false,
    headers: { authorization: `Bearer ${token}`, ...(body === undefined ? {} : { "content-type": contentType }) }
  }, answered)
  request.on("error", failed)
  request.end(body === undefined ? undefined : JSON.stringify(body))
  return request
}

/** Requests to a real API server. */
export const makeApi = (access: Access) => {
  const send = (method: string, path: string, sent: RequestBody = {}): Effect.Effect<Answer, ApiAway> =>
    Effect.callback((resume) => {
      const failed = ({ message }: Error) =>
        resume(Effect.fail(new ApiAway({ message: `${method} ${path}: ${message}` })))
      const request = open(access, method, path, sent, (response) => {
        const chunks: Array<Buffer> = []
        response.on("data", (chunk: Buffer) => chunks.push(chunk))
        response.on("error", failed)
        response.on("end", () => {
          const text = Buffer.concat(chunks).toString()
          const body = text.startsWith("{") ? JSON.parse(text) : { message: text }
          resume(Effect.succeed({ code: response.statusCode ?? 0, body }))
        })
      }, failed)
      return Effect.sync(() => request.destroy())
    })

  /** Tells the lines of a watch until it ends, however it ends. */
  const watch = (path: string, told: (line: string) => void): Effect.Effect<void> =>
    Effect.callback((resume) => {
      const done = () => resume(Effect.void)
      const request = open(access, "GET", path, {}, (response) => {
        let rest = ""
        response.setEncoding("utf8").on("data", (text: string) => {
          const lines = `${rest}${text}`.split("\n")
          rest = lines.pop() ?? ""
          for (const line of lines) told(line)
        }).on("end", done).on("error", done)
      }, done)
      return Effect.sync(() => request.destroy())
    })

  return { send, watch }
}

/** An API server, as one account reaches it. */
export type KubeApi = ReturnType<typeof makeApi>
