import { assert, it } from "@effect/vitest"
import { listenScoped } from "@nominal-code/testing/GitHubServer"
import { Effect, Exit, Fiber } from "effect"
import { once } from "node:events"
import { get, type Server } from "node:http"
import { brotliCompressSync, deflateRawSync, deflateSync, gzipSync, zstdCompressSync } from "node:zlib"
import { type Body, decompressed } from "../src/Decompression.ts"
import { exchangeBy } from "../src/NodeExchange.ts"
import { fetchBy } from "../src/NodeFetch.ts"

const text = "{\"title\":\"été\"}"
const send = exchangeBy()

it.live("reads an answer that is compressed, with headers that came twice", () =>
  Effect.gen(function*() {
    const { origin, server } = yield* listenScoped
    let asked = ""
    server.on("request", (request, response) => {
      asked = `${request.method} ${request.url} ${request.headers["accept-encoding"]}`
      response.setHeader("content-encoding", "gzip").setHeader("link", ["<a>", "<b>"]).end(gzipSync(text))
    })
    const answer = yield* Effect.promise((signal) => send(`${origin}/a?b=c`, { signal }))
    assert.strictEqual(yield* Effect.promise(() => answer.text()), text)
    assert.deepStrictEqual(
      [asked, answer.ok, answer.status, answer.headers.get("link")],
      ["GET /a?b=c gzip", true, 200, "<a>, <b>"]
    )
  }))

it.live("reads an answer that is compressed unasked", () =>
  Effect.gen(function*() {
    const { origin, server } = yield* listenScoped
    const compressions = { deflate: deflateSync, zstd: zstdCompressSync, br: brotliCompressSync, identity: Buffer.from }
    for (const [encoding, compress] of Object.entries(compressions)) {
      server.removeAllListeners("request").on(
        "request",
        (_, response) => response.setHeader("content-encoding", encoding).end(compress(text))
      )
      const answer = yield* Effect.promise(() => send(origin, {}))
      assert.strictEqual(yield* Effect.promise(() => answer.text()), text, encoding)
    }
  }))

/** Answers each request with these pieces, one after the other. */
const inPieces = (server: Server, encoding: string, pieces: ReadonlyArray<Buffer>) =>
  server.removeAllListeners("request").on("request", (_, response) => {
    response.setHeader("content-encoding", encoding)
    const write = ([first, ...rest]: ReadonlyArray<Buffer>): unknown =>
      first === undefined ? response.end() : response.write(first, () => setImmediate(write, rest))
    write(pieces)
  })

it.live("reads an answer of several parts of gzip or zstd, wherever it is cut", () =>
  Effect.gen(function*() {
    const { origin, server } = yield* listenScoped
    const read = Effect.promise(() => send(origin, {}).then((answer) => answer.text(), String))
    for (const [encoding, compress] of Object.entries({ gzip: gzipSync, zstd: zstdCompressSync })) {
      const body = Buffer.concat(["{\"title\"", "", ":\"été\"", "}"].map((part) => compress(part)))
      for (let at = 0; at < body.byteLength; at++) {
        inPieces(server, encoding, [body.subarray(0, at), body.subarray(at)])
        assert.strictEqual(yield* read, text, `${encoding}, cut at ${at}`)
      }
      inPieces(server, encoding, [body.subarray(0, -2)])
      assert.match(yield* read, /unexpected end of file/, encoding)
      inPieces(server, encoding, [Buffer.concat([body, body.subarray(0, 5)])])
      assert.match(yield* read, /unexpected end of file/, encoding)
    }
    const thousand = Array.from({ length: 1_000 }, (_, index) => zstdCompressSync(`${index},`))
    inPieces(server, "zstd", [Buffer.concat(thousand)])
    assert.strictEqual(yield* read, thousand.map((_, index) => `${index},`).join(""))
    inPieces(server, "zstd", [zstdCompressSync(text), Buffer.from("no zstd")])
    assert.match(yield* read, /^Error: the answer cannot be read as content-encoding zstd: /)
  }))

it.live("gives up on an answer of many parts with next to nothing in them, and reads one whose parts hold some bytes", () =>
  Effect.gen(function*() {
    const { origin, server } = yield* listenScoped
    const read = Effect.promise(() => send(origin, {}).then((answer) => answer.text(), String))
    for (const part of ["", "12345678"]) {
      inPieces(server, "zstd", [Buffer.concat(Array.from({ length: 100_000 }, () => zstdCompressSync(part)))])
      assert.strictEqual(
        yield* read,
        "Error: the answer cannot be read as content-encoding zstd: it has too many parts with next to nothing in them"
      )
    }
    const event = `data: ${"x".repeat(64)}\n\n`
    inPieces(server, "zstd", [Buffer.concat(Array.from({ length: 5_000 }, () => zstdCompressSync(event)))])
    assert.strictEqual(yield* read, event.repeat(5_000))
  }))

it.live("reads on while an answer is wanted, and holds no more of what is compressed than a stream does", () =>
  Effect.gen(function*() {
    const { origin, server } = yield* listenScoped
    inPieces(server, "zstd", [zstdCompressSync(Buffer.alloc(256 * 1024 * 1024))])
    const body = yield* Effect.promise(() =>
      new Promise<Body>((resolve) => get(origin, (message) => resolve(decompressed(message))))
    )
    yield* Effect.promise(() => once(body, "readable"))
    yield* Effect.sleep("100 millis")
    assert.isAtMost(body.readableLength, 1024 * 1024)
    body.destroy()
  }))

it.live("reads deflate without zlib's format around it", () =>
  Effect.gen(function*() {
    const { origin, server } = yield* listenScoped
    inPieces(server, "deflate", [deflateRawSync(text)])
    assert.strictEqual(yield* Effect.promise(() => send(origin, {}).then((answer) => answer.text())), text)
  }))

it.live("fails where more follows after the end of an answer of one part", () =>
  Effect.gen(function*() {
    const { origin, server } = yield* listenScoped
    for (const [name, compress] of Object.entries({ deflate: deflateSync, br: brotliCompressSync })) {
      const part = compress(text)
      for (const pieces of [[part, part], [Buffer.concat([part, part])]]) {
        inPieces(server, name, pieces)
        assert.strictEqual(
          yield* Effect.promise(() => send(origin, {}).then((answer) => answer.text(), String)),
          `Error: the answer cannot be read as content-encoding ${name}: more follows after its end`
        )
      }
    }
  }))

it.live("reads an answer without a body, or of no compression, whatever its content-encoding says", () =>
  Effect.gen(function*() {
    const { origin, server } = yield* listenScoped
    const answers = [
      ...["gzip", "deflate", "br", "zstd", "gzip, br"].map((encoding) => [encoding, ""] as const),
      ...["none", "utf-8", "aws-chunked", ""].map((encoding) => [encoding, text] as const),
      ["aws-chunked, gzip", gzipSync(text)] as const
    ]
    for (const [encoding, body] of answers) {
      server.removeAllListeners("request").on(
        "request",
        (_, response) => response.setHeader("content-encoding", encoding).end(body)
      )
      const expected = body === "" ? "" : text
      for (const method of ["GET", "HEAD"]) {
        const answer = yield* Effect.promise(() => send(origin, { method }))
        assert.strictEqual(yield* Effect.promise(() => answer.text()), method === "HEAD" ? "" : expected, encoding)
        const ofModel = yield* Effect.promise(() => fetchBy()(origin, { method }))
        assert.strictEqual(yield* Effect.promise(() => ofModel.text()), method === "HEAD" ? "" : expected, encoding)
      }
    }
  }))

it.live("sends a body with every method that may have one", () =>
  Effect.gen(function*() {
    const { origin, server } = yield* listenScoped
    server.on("request", (request, response) => request.pipe(response))
    for (const method of ["POST", "PUT", "PATCH", "DELETE"]) {
      for (const body of [text, ""]) {
        const answer = yield* Effect.promise(() => send(origin, { method, body }))
        assert.strictEqual(yield* Effect.promise(() => answer.text()), body)
      }
    }
  }))

for (const encoding of ["identity", "gzip"]) {
  it.live(`fails where an answer breaks off in its middle (${encoding})`, () =>
    Effect.gen(function*() {
      const { origin, server } = yield* listenScoped
      server.on("request", (_, response) => {
        response.setHeader("content-encoding", encoding)
        response.write(
          encoding === "gzip" ? gzipSync(text).subarray(0, 12) : text.slice(0, 5),
          () => response.destroy()
        )
      })
      assert.isTrue(Exit.isFailure(yield* Effect.exit(Effect.tryPromise(() => send(origin, {})))))
    }))
}

it.live("keeps the status of a refusal whose body cannot be read", () =>
  Effect.gen(function*() {
    const { origin, server } = yield* listenScoped
    server.on("request", (_, response) => {
      response.writeHead(429, { "content-encoding": "gzip", "retry-after": "7" }).end("slow down")
    })
    const answer = yield* Effect.promise(() => send(origin, {}))
    assert.deepStrictEqual([answer.status, answer.headers.get("retry-after")], [429, "7"])
    assert.strictEqual(yield* Effect.promise(() => answer.text()), "")
  }))

it.live("closes the connection of an answer that is too large, compressed or not, and takes one that is just not", () =>
  Effect.gen(function*() {
    const { origin, server } = yield* listenScoped
    const whole = Buffer.alloc(32 * 1024 * 1024, "a")
    const twice = Buffer.concat([whole, whole])
    const compressed = { gzip: gzipSync(twice), zstd: zstdCompressSync(twice), parts: zstdCompressSync(whole) }
    server.on("request", ({ url }, response) => {
      if (url === "/whole") return response.end(whole)
      if (url === "/gzip") return response.setHeader("content-encoding", "gzip").end(compressed.gzip)
      if (url === "/zstd") return response.setHeader("content-encoding", "zstd").end(compressed.zstd)
      if (url === "/parts") {
        return response.setHeader("content-encoding", "zstd").end(Buffer.concat([compressed.parts, compressed.parts]))
      }
      const write = (): void => void response.write(whole.subarray(0, 1024 * 1024), (error) => error ?? write())
      write()
    })
    const answer = yield* Effect.promise(() => send(`${origin}/whole`, {}))
    assert.strictEqual((yield* Effect.promise(() => answer.arrayBuffer())).byteLength, whole.byteLength)
    for (const path of ["endless", "gzip", "zstd", "parts"]) {
      assert.strictEqual(
        yield* Effect.promise(() => send(`${origin}/${path}`, {}).then(() => "", String)),
        "Error: the answer is larger than 32 MiB",
        path
      )
    }
  }))

it.live("ends a request whose signal says so, before its answer and within it", () =>
  Effect.gen(function*() {
    const { origin, server } = yield* listenScoped
    const begun = Promise.withResolvers<void>()
    const closed = Promise.withResolvers<void>()
    server.on("request", ({ url }, response) => {
      if (url === "/begun") response.on("close", closed.resolve).write("{", () => begun.resolve())
    })
    const asking = (path: string) =>
      Effect.forkChild(Effect.promise((signal) => send(`${origin}/${path}`, { signal })), { startImmediately: true })
    yield* Fiber.interrupt(yield* asking("silent"))
    const within = yield* asking("begun")
    yield* Effect.promise(() => begun.promise)
    yield* Fiber.interrupt(within)
    yield* Effect.promise(() => closed.promise)
  }))
