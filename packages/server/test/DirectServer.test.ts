import { assert, it } from "@effect/vitest"
import { Forge } from "@nominal-code/forge/Forge"
import type { ForgeWebhooks } from "@nominal-code/forge/Webhooks"
import { JobRecords } from "@nominal-code/jobs/JobRecords"
import { Effect, Layer, Option, Result } from "effect"
import { HttpClient } from "effect/http"
import { once } from "node:events"
import { Agent, request } from "node:http"
import * as DirectServer from "../src/DirectServer.ts"
import { deliver, listeningPort, pullRequest, server, sign } from "./ServerFixture.ts"

/** A forge whose readers have a bug, each in one of their steps. */
const buggy = (step: "verifyHeaders" | "verify" | "parse") => {
  const fail = (): never => {
    throw new Error("a bug")
  }
  const webhooks: ForgeWebhooks = {
    platform: "gitlab",
    verifyHeaders: () => Result.void,
    verify: () => Result.void,
    parse: () => Result.succeed({ id: "d", event: Option.none(), ignored: "" }),
    [step]: fail
  }
  return { webhooks, forge: Layer.mock(Forge, { platform: "gitlab", headRef: () => "" }) }
}

it.effect.each(["verifyHeaders", "verify", "parse"] as const)(
  "a bug in %s is answered 500, and the next delivery is taken",
  (step) =>
    Effect.gen(function*() {
      assert.strictEqual((yield* HttpClient.post("/webhooks/gitlab")).status, 500)
      assert.strictEqual((yield* deliver(pullRequest())).status, 202)
    }).pipe(Effect.provide(server({ other: buggy(step) })))
)

it.effect("a query does not matter, and another method has no route", () =>
  Effect.gen(function*() {
    assert.strictEqual((yield* HttpClient.post("/webhooks/github?from=here")).status, 401)
    assert.strictEqual((yield* HttpClient.get("/webhooks/github")).status, 404)
    assert.strictEqual((yield* HttpClient.get("/health")).status, 200)
  }).pipe(Effect.provide(server())))

it.effect("a sender that asks before it sends the body is told to go on, unless its headers are refused", () =>
  Effect.gen(function*() {
    const port = yield* listeningPort
    const body = JSON.stringify(pullRequest())
    const ask = (signature: string) =>
      Effect.callback<readonly [number, boolean]>((resume) => {
        let told = false
        const sent = request({
          host: "127.0.0.1",
          port,
          path: "/webhooks/github",
          method: "POST",
          headers: {
            expect: "100-continue",
            "content-type": "application/json",
            "content-length": Buffer.byteLength(body),
            "x-github-event": "pull_request",
            "x-github-delivery": "d",
            "x-hub-signature-256": signature
          }
        }, (response) => {
          response.resume()
          resume(Effect.succeed([response.statusCode ?? 0, told]))
        })
        sent.on("continue", () => {
          told = true
          sent.end(body)
        })
        sent.on("error", () => {})
        sent.flushHeaders()
        return Effect.sync(() => sent.destroy())
      })
    assert.deepStrictEqual(yield* ask("nonsense"), [401, false])
    assert.deepStrictEqual(yield* ask(sign(body)), [202, true])
    assert.lengthOf(yield* JobRecords.use(({ list }) => list({ limit: 10 })), 1)
  }).pipe(Effect.provide(server())))

it.live("a server that closes ends each connection with its next answer", () =>
  Effect.gen(function*() {
    const { routes, server } = DirectServer.make()
    // Node ends the connections that nobody uses at that moment by itself.
    yield* routes.add("/", (_, response) => {
      response.end()
      server.close()
    })
    server.on("request", () => assert.fail("it has a route"))
    yield* Effect.promise(() => once(server.listen(0, "127.0.0.1"), "listening"))
    const address = server.address()
    const port = typeof address === "object" ? address?.port : undefined
    const agent = yield* Effect.acquireRelease(
      Effect.sync(() => new Agent({ keepAlive: true, maxSockets: 1 })),
      (agent) => Effect.sync(() => agent.destroy())
    )
    const connectionOf = Effect.callback<string | undefined, Error>((resume) => {
      request({ host: "127.0.0.1", port, agent, method: "POST" }, (response) => {
        response.resume().on("end", () => resume(Effect.succeed(response.headers.connection)))
      }).on("error", (error) => resume(Effect.fail(error))).end()
    })
    assert.strictEqual(yield* connectionOf, "keep-alive")
    assert.strictEqual(yield* connectionOf, "close")
    assert.strictEqual((yield* Effect.flip(connectionOf)).message.split(" ")[1], "ECONNREFUSED")
  }).pipe(Effect.scoped))
