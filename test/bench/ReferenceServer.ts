import { createHmac, timingSafeEqual } from "node:crypto"
import { createServer, type IncomingMessage } from "node:http"
import { argv, stdout } from "node:process"
import { DatabaseSync } from "node:sqlite"

// What a server with the promises of ours cannot do without, and nothing else: read the body, check its signature,
// write it to the disk for good, answer.

const [, , directory = "", secret = ""] = argv

const database = new DatabaseSync(`${directory}/reference.db`)
database.exec("PRAGMA journal_mode = WAL")
database.exec("PRAGMA synchronous = FULL")
database.exec("CREATE TABLE deliveries (id TEXT NOT NULL PRIMARY KEY, body BLOB NOT NULL) STRICT")
const insert = database.prepare("INSERT INTO deliveries (id, body) VALUES (?, ?)")

const header = ({ headers }: IncomingMessage, name: string): string => String(headers[name] ?? "")

const isSigned = (request: IncomingMessage, body: Uint8Array): boolean => {
  const given = Buffer.from(header(request, "x-hub-signature-256").replace(/^sha256=/, ""), "hex")
  const expected = createHmac("sha256", secret).update(body).digest()
  return given.byteLength === expected.byteLength && timingSafeEqual(given, expected)
}

const server = createServer((request, response) => {
  const chunks: Array<Uint8Array> = []
  request.on("data", (chunk: Uint8Array) => chunks.push(chunk))
  request.on("end", () => {
    const body = Buffer.concat(chunks)
    if (!isSigned(request, body)) return response.writeHead(401).end()
    insert.run(header(request, "x-github-delivery"), body)
    return response.writeHead(202, { "content-type": "application/json" }).end("{\"status\":\"accepted\"}")
  })
})

server.listen(0, "127.0.0.1", () => {
  const address = server.address()
  stdout.write(`${typeof address === "object" && address !== null ? address.port : 0}\n`)
})
