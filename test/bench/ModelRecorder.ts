import { listenScoped } from "@nominal-code/testing/GitHubServer"
import { now } from "@nominal-code/testing/GitHubState"
import { Effect } from "effect"
import { request as forward } from "node:http"

/** One call as it went over the wire. Instants are in milliseconds. */
export interface RecordedCall {
  readonly path: string
  readonly body: string
  readonly startedAt: number
  readonly endedAt: number
}

/** A proxy in front of a model that keeps every call, byte by byte. */
export const make = Effect.fn("ModelRecorder.make")(function*(target: string) {
  const calls: Array<RecordedCall> = []
  const { origin, server } = yield* listenScoped
  server.on("request", (incoming, outgoing) => {
    const startedAt = now()
    const chunks: Array<Buffer> = []
    incoming.on("data", (chunk: Buffer) => chunks.push(chunk))
    incoming.on("end", () => {
      const body = Buffer.concat(chunks)
      const { headers, method = "GET", url = "/" } = incoming
      const onward = forward(
        new URL(url, target),
        { method, headers: { ...headers, host: new URL(target).host } },
        (answer) => {
          outgoing.writeHead(answer.statusCode ?? 502, answer.headers)
          answer.pipe(outgoing)
          answer.on("end", () => calls.push({ path: url, body: body.toString(), startedAt, endedAt: now() }))
        }
      )
      onward.on("error", () => outgoing.destroy())
      onward.end(body)
    })
  })
  return { url: origin, calls: calls as ReadonlyArray<RecordedCall> }
})
