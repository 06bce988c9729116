import { assert, describe, it } from "@effect/vitest"
import { Block } from "@nominal-code/domain/model/Conversation"
import { LlmProviders } from "@nominal-code/llm/LlmProviders"
import { listenScoped } from "@nominal-code/testing/GitHubServer"
import * as ScriptedModel from "@nominal-code/testing/ScriptedModel"
import { Duration, Effect, Exit, Layer, Option, Redacted } from "effect"
import { once } from "node:events"
import { brotliCompressSync, deflateSync, gzipSync, zstdCompressSync } from "node:zlib"
import * as ModelServices from "../src/ModelServices.ts"
import { exchangeBy } from "../src/NodeExchange.ts"
import { fetchBy, layer } from "../src/NodeFetch.ts"

const text = "{\"title\":\"été\"}"
const send = fetchBy()
const compressions = {
  identity: Buffer.from,
  gzip: gzipSync,
  "x-gzip": gzipSync,
  br: brotliCompressSync,
  deflate: deflateSync,
  zstd: zstdCompressSync,
  "gzip, BR": (plain: string | Buffer) => brotliCompressSync(gzipSync(plain))
}

/** Controller of a call, as the SDKs make it. */
const makeControl = () => new AbortController()

const read = (response: Response) => Effect.tryPromise(() => response.text())

describe("fetch over node:http", () => {
  for (const [encoding, compress] of Object.entries(compressions)) {
    it.live(`reads an answer (${encoding}) with headers that came twice, and sends a body`, () =>
      Effect.gen(function*() {
        const { origin, server } = yield* listenScoped
        server.on("request", (request, response) => {
          response.setHeader("content-encoding", encoding).setHeader("x-seen", [String(request.method), "second"])
          request.on("data", (sent: Buffer) => response.end(compress(sent)))
        })
        const answer = yield* Effect.promise(() => send(origin, { method: "POST", body: text }))
        assert.strictEqual(yield* read(answer), text)
        assert.deepStrictEqual([answer.ok, answer.headers.get("x-seen")], [true, "POST, second"])
      }))

    it.live(`hands on what has come of an answer (${encoding}), and fails where it breaks off`, () =>
      Effect.gen(function*() {
        const { origin, server } = yield* listenScoped
        const whole = compress("a".repeat(1_000))
        server.on("request", (_, response) => {
          response.setHeader("content-encoding", encoding)
          response.write(whole.subarray(0, whole.byteLength - 3), () => response.destroy())
        })
        const answer = yield* Effect.promise(() => send(origin))
        const broken = yield* Effect.flip(read(answer))
        assert.nestedPropertyVal(broken, "cause.message", "the connection was closed in the middle of the answer")
      }))
  }

  it.live("follows no redirect, and reads an answer without a body", () =>
    Effect.gen(function*() {
      const { origin, server } = yield* listenScoped
      server.on("request", ({ url }, response) => {
        response.writeHead(url === "/moved" ? 307 : 204, { location: "http://elsewhere.example/" }).end()
      })
      const [moved, none] = yield* Effect.promise(() => Promise.all([send(`${origin}/moved`), send(new URL(origin))]))
      assert.deepStrictEqual([moved.status, moved.headers.get("location")], [307, "http://elsewhere.example/"])
      assert.deepStrictEqual([none.status, yield* read(none)], [204, ""])
    }))

  it.live("closes the connection of an answer that is aborted or cancelled, read or not", () =>
    Effect.gen(function*() {
      const { origin, server } = yield* listenScoped
      server.on("request", (_, response) => response.write("{"))
      for (const end of ["abort", "cancel", "cancel unread"]) {
        const closed = once(server, "connection").then(([socket]) => once(socket, "close"))
        const control = makeControl()
        const { body } = yield* Effect.promise(() => send(origin, { signal: control.signal }))
        const reader = body?.getReader()
        if (end !== "cancel unread") yield* Effect.promise(() => Promise.resolve(reader?.read()))
        if (end === "abort") control.abort()
        else yield* Effect.promise(() => Promise.resolve(reader?.cancel()))
        yield* Effect.promise(() => closed)
      }
    }))

  it.live("names the cause of a connection that fails, and refuses an answer that no Response can hold", () =>
    Effect.gen(function*() {
      const refused = yield* Effect.promise(() => send("http://127.0.0.1:1/").catch((cause: unknown) => cause))
      assert.instanceOf(refused, TypeError)
      assert.nestedPropertyVal(refused, "cause.code", "ECONNREFUSED")
      const { origin, server } = yield* listenScoped
      server.on("request", (_, response) => response.writeHead(999).write("{"))
      const closed = once(server, "connection").then(([socket]) => once(socket, "close"))
      assert.isTrue(Exit.isFailure(yield* Effect.exit(Effect.tryPromise(() => send(origin)))))
      yield* Effect.promise(() => closed)
    }))

  it.live("fails where an answer changes the protocol", () =>
    Effect.gen(function*() {
      const { origin, server } = yield* listenScoped
      const upgrade = { connection: "upgrade", upgrade: "websocket" }
      server.on("request", (_, response) => response.writeHead(101, upgrade).end())
      const failed = yield* Effect.promise(() => send(origin).catch((cause: unknown) => cause))
      assert.nestedPropertyVal(failed, "cause.message", "the connection was closed without an answer")
      assert.isTrue(Exit.isFailure(yield* Effect.exit(Effect.tryPromise(() => exchangeBy()(origin, {})))))
    }))

  const unreadable: ReadonlyArray<readonly [encoding: string, body: string | Buffer, sentence: RegExp]> = [
    ["compress", text, /^the answer has the content-encoding compress, which cannot be read$/],
    ["gzip, ".repeat(400) + "gzip", text, /^the answer has the content-encoding gzip, (?:gzip, )*.{0,6}, which cannot/],
    ["deflate", text, /^the answer cannot be read as content-encoding deflate: invalid/],
    ["gzip, zstd", zstdCompressSync(text), /^the answer cannot be read as content-encoding gzip: incorrect header/]
  ]
  it.live("names a compression that cannot be read, for forges and models alike", () =>
    Effect.gen(function*() {
      const { origin, server } = yield* listenScoped
      for (const [encoding, body, sentence] of unreadable) {
        server.removeAllListeners("request").on(
          "request",
          (_, response) => response.setHeader("content-encoding", encoding).end(body)
        )
        const ofModel = yield* Effect.flip(read(yield* Effect.promise(() => send(origin))))
        assert.match(String(Reflect.get(Object(ofModel.cause), "message")), sentence)
        const ofForge = yield* Effect.promise(() =>
          exchangeBy()(origin, {}).then(({ text }) => text()).then(String, String)
        )
        assert.match(ofForge.replace(/^Error: /, ""), sentence)
      }
    }))
})

describe.each(["anthropic", "openai", "google", "deepseek"] as const)("a call of %s", (name) => {
  it.live("leaves Node's own fetch alone, whose client takes 15 MiB", () =>
    Effect.gen(function*() {
      const model = yield* ScriptedModel.make
      model.script(ScriptedModel.turns({ text: "Fine." }))
      const nodes = globalThis.fetch
      let asked = 0
      yield* Effect.acquireRelease(
        Effect.sync(() => {
          globalThis.fetch = (input, init) => {
            asked++
            return nodes(input, init)
          }
        }),
        () =>
          Effect.sync(() => {
            globalThis.fetch = nodes
          })
      )
      const settings = {
        name,
        apiKey: Option.some(Redacted.make("key")),
        baseUrl: Option.some(`${model.url}${name === "openai" || name === "deepseek" ? "/v1" : ""}`)
      }
      const answered = yield* Effect.gen(function*() {
        const provider = yield* (yield* LlmProviders).of(name)
        return yield* provider.send({
          model: "any",
          system: "You review.",
          messages: [{ role: "user", content: [Block.cases.Text.make({ text: "Hello" })] }],
          tools: [],
          toolChoice: "auto",
          maxOutputTokens: 100
        })
      }).pipe(Effect.provide(Layer.merge(ModelServices.layer([settings], Duration.minutes(1)), layer)))
      assert.isAbove(answered.content.length, 0)
      assert.strictEqual(asked, 0)
    }))
})
