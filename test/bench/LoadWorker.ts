import { signatureOf } from "@nominal-code/testing/GitHubDeliveries"
import { randomUUID } from "node:crypto"
import { connect, type Socket } from "node:net"
import { parentPort, workerData } from "node:worker_threads"
import type { Answers, Volley } from "./Load.ts"
import { steadily } from "./Pace.ts"

// A thread of its own: nothing that the emulated forge does can delay a delivery, or the look at the clock after it. It
// speaks HTTP by hand, so that it costs less than the servers that it measures.

/** Time that GitHub waits for an answer, in milliseconds. */
const patience = 10_000

const volley: Volley = workerData
const template = volley.template.split(volley.placeholder)
const { hostname, pathname, port } = new URL(volley.url)

// Written and signed before the clock starts.
const deliveries = Array.from({ length: volley.count }, (_, index) => {
  const body = Buffer.from(template.join(String(volley.first + index)))
  const head = [
    `POST ${pathname} HTTP/1.1`,
    `host: ${hostname}:${port}`,
    "content-type: application/json",
    `content-length: ${body.byteLength}`,
    "user-agent: GitHub-Hookshot/044aadd",
    "x-github-event: pull_request",
    `x-github-delivery: ${randomUUID()}`,
    `x-hub-signature-256: ${signatureOf(volley.secret, body)}`
  ]
  return Buffer.concat([Buffer.from(`${head.join("\r\n")}\r\n\r\n`), body])
})

const millis: Array<number> = []
const started = performance.now()
let sent = 0

const finish = (answers: Answers): void => {
  for (const { socket } of connections) socket.destroy()
  // The rule is about windows, which have origins; ports have none.
  // oxlint-disable-next-line unicorn/require-post-message-target-origin
  parentPort?.postMessage(answers)
}

const fail = (message: string): void => finish({ _tag: "Failed", message })

/** A connection, and the delivery on it whose answer is awaited. */
interface Connection {
  readonly socket: Socket
  answer: string
  answered: (() => void) | undefined
}

const connections: Array<Connection> = []
const idle: Array<Connection> = []

/** Reads an answer to its end, by the length that it declares. */
const read = (connection: Connection): void => {
  const headEnd = connection.answer.indexOf("\r\n\r\n")
  if (headEnd < 0) return
  const head = connection.answer.slice(0, headEnd)
  const [, status] = /^HTTP\/1\.1 (\d{3})/.exec(head) ?? []
  const [, length] = /\r\ncontent-length: (\d+)/i.exec(head) ?? []
  if (status !== "202" && !(volley.repeated && status === "200")) return fail(`it was answered ${status}`)
  if (connection.answer.length < headEnd + 4 + Number(length ?? Infinity)) return
  connection.answer = ""
  const { answered } = connection
  connection.answered = undefined
  idle.push(connection)
  answered?.()
}

const opened = (): Connection => {
  const socket = connect({ host: hostname, port: Number(port), noDelay: true })
  const connection: Connection = { socket, answer: "", answered: undefined }
  connections.push(connection)
  socket.setTimeout(patience, () => connection.answered && fail(`there was no answer within ${patience} ms`))
  socket.on("error", ({ message }) => fail(message))
  socket.on("close", () => connection.answered && fail("the connection was closed"))
  socket.setEncoding("latin1").on("data", (text: string) => {
    connection.answer += text
    read(connection)
  })
  return connection
}

/** Sends the next delivery, if there is one; `then` is called when it has been acknowledged. */
const send = (then: () => void): void => {
  const delivery = deliveries[sent++]
  if (delivery === undefined) return
  const at = performance.now()
  const connection = idle.pop() ?? opened()
  connection.answered = () => {
    millis.push(performance.now() - at)
    if (millis.length < volley.count) return then()
    finish({ _tag: "Acknowledged", millis, seconds: (performance.now() - started) / 1000 })
  }
  connection.socket.write(delivery)
}

const flatOut = (atOnce: number): void => {
  const next = (): void => send(next)
  for (let connection = 0; connection < atOnce; connection += 1) next()
}

if (volley.pace._tag === "FlatOut") flatOut(volley.pace.atOnce)
else steadily(volley.count, volley.pace.perSecond, () => send(() => {}))
