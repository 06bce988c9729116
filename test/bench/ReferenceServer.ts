import { Redis } from "ioredis"
import { createHmac, timingSafeEqual } from "node:crypto"
import { createServer, type IncomingMessage } from "node:http"
import { argv, stdout } from "node:process"
import { DatabaseSync } from "node:sqlite"

// What a server with the promises of ours cannot do without, and nothing else: read the body, check its signature,
// store as many bytes as a job has, answer. Deliveries of the same moment are stored together, as ours are.

const [, , store = "", secret = ""] = argv

/** A delivery that is to be stored, and what is to be done then. */
interface Delivery {
  readonly id: string
  readonly text: string
  readonly stored: () => void
}

const toSqlite = (directory: string) => {
  const database = new DatabaseSync(`${directory}/reference.db`)
  database.exec("PRAGMA journal_mode = WAL")
  database.exec("PRAGMA synchronous = FULL")
  database.exec("CREATE TABLE deliveries (id TEXT NOT NULL PRIMARY KEY, text TEXT NOT NULL) STRICT")
  const insert = database.prepare("INSERT INTO deliveries (id, text) VALUES (?, ?)")
  return (deliveries: ReadonlyArray<Delivery>): void => {
    database.exec("BEGIN IMMEDIATE")
    for (const { id, text } of deliveries) insert.run(id, text)
    database.exec("COMMIT")
    for (const { stored } of deliveries) stored()
  }
}

const toRedis = (url: string) => {
  const redis = new Redis(url)
  return (deliveries: ReadonlyArray<Delivery>): void => {
    const words = deliveries.flatMap(({ id, text }) => [`delivery:${id}`, text])
    void redis.mset(words).then(() => deliveries.forEach(({ stored }) => stored()))
  }
}

const write = store.startsWith("redis:") ? toRedis(store) : toSqlite(store)
let waiting: Array<Delivery> = []

const flush = (): void => {
  const deliveries = waiting
  waiting = []
  write(deliveries)
}

const header = ({ headers }: IncomingMessage, name: string): string => String(headers[name] ?? "")

const isSigned = (request: IncomingMessage, body: Uint8Array): boolean => {
  const given = Buffer.from(header(request, "x-hub-signature-256").replace(/^sha256=/, ""), "hex")
  const expected = createHmac("sha256", secret).update(body).digest()
  return given.byteLength === expected.byteLength && timingSafeEqual(given, expected)
}

const answer = "{\"status\":\"accepted\"}"
const accepted = { "content-type": "application/json", "content-length": answer.length }
/** Size of a stored job, roughly. */
const textSize = 600

const server = createServer((request, response) => {
  const chunks: Array<Uint8Array> = []
  request.on("data", (chunk: Uint8Array) => chunks.push(chunk))
  request.on("end", () => {
    const body = Buffer.concat(chunks)
    if (!isSigned(request, body)) return response.writeHead(401, { "content-length": 0 }).end()
    waiting.push({
      id: header(request, "x-github-delivery"),
      text: body.toString("latin1", 0, textSize),
      stored: () => response.writeHead(202, accepted).end(answer)
    })
    if (waiting.length === 1) setImmediate(flush)
  })
})

server.listen(0, "127.0.0.1", () => {
  const address = server.address()
  stdout.write(`${typeof address === "object" && address !== null ? address.port : 0}\n`)
})
