import { assert, it } from "@effect/vitest"
import { listenScoped } from "@nominal-code/testing/GitHubServer"
import { Effect, Exit, Fiber } from "effect"
import { brotliCompressSync, deflateSync, gzipSync, zstdCompressSync } from "node:zlib"
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

it.live("reads an answer of several compressed parts, and fails where Node would drop all but the first", () =>
  Effect.gen(function*() {
    const { origin, server } = yield* listenScoped
    const answered = (encoding: string, compress: (part: string) => Buffer) => {
      server.removeAllListeners("request").on("request", (_, response) => {
        response.setHeader("content-encoding", encoding)
          .end(Buffer.concat([text.slice(0, 5), text.slice(5)].map(compress)))
      })
      return Effect.promise(() => send(origin, {}).then((answer) => answer.text(), String))
    }
    assert.strictEqual(yield* answered("gzip", gzipSync), text)
    const others = { deflate: deflateSync, zstd: zstdCompressSync, br: brotliCompressSync }
    for (const [name, compress] of Object.entries(others)) {
      assert.strictEqual(
        yield* answered(name, compress),
        `Error: the answer cannot be read as content-encoding ${name}: more follows after its end`
      )
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
    const compressed = gzipSync(Buffer.concat([whole, whole]))
    server.on("request", ({ url }, response) => {
      if (url === "/whole") return response.end(whole)
      if (url === "/gzip") return response.setHeader("content-encoding", "gzip").end(compressed)
      const write = (): void => void response.write(whole.subarray(0, 1024 * 1024), (error) => error ?? write())
      write()
    })
    const answer = yield* Effect.promise(() => send(`${origin}/whole`, {}))
    assert.strictEqual((yield* Effect.promise(() => answer.arrayBuffer())).byteLength, whole.byteLength)
    for (const path of ["endless", "gzip"]) {
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
