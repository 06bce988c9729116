import { NodeServices } from "@effect/platform-node"
import { assert, it } from "@effect/vitest"
import { listenScoped } from "@nominal-code/testing/GitHubServer"
import { Effect } from "effect"
import type { ServerResponse } from "node:http"
import * as Load from "./Load.ts"
import type { Pace } from "./Pace.ts"
import * as Reference from "./Reference.ts"

const secret = "a secret of more than sixteen bytes"
const count = 20

const volley = (url: string, pace: Pace): Load.Volley => ({
  url,
  secret,
  template: "{\"number\":1000000}",
  placeholder: "1000000",
  first: 1000001,
  count,
  pace
})

/** A server that answers nothing before everything has arrived. */
const unanswering = Effect.map(listenScoped, ({ origin, server }) => {
  const waiting: Array<ServerResponse> = []
  server.on("request", (_, response) => {
    if (waiting.push(response) < count) return
    for (const one of waiting) one.writeHead(202, { "content-length": 0 }).end()
  })
  return origin
})

it.live("deliveries are signed and timed, flat out and at a steady rate", () =>
  Effect.gen(function*() {
    const { webhook } = yield* Reference.sqliteServer(secret)
    const flatOut = yield* Load.send(volley(webhook, { _tag: "FlatOut", atOnce: 4 }))
    assert.lengthOf(flatOut.millis, count)
    const steady = yield* Load.send(volley(webhook, { _tag: "Steady", perSecond: 100 }))
    assert.lengthOf(steady.millis, count)
  }).pipe(Effect.scoped, Effect.provide(NodeServices.layer)))

it.live("steady deliveries do not wait for the answers to earlier ones", () =>
  Effect.gen(function*() {
    const steady = yield* Load.send(volley(yield* unanswering, { _tag: "Steady", perSecond: 100 }))
    assert.lengthOf(steady.millis, count)
  }).pipe(Effect.scoped))

it.live("a refused delivery is no figure", () =>
  Effect.gen(function*() {
    const { webhook } = yield* Reference.sqliteServer("another secret of more than that")
    const error = yield* Effect.flip(Load.send(volley(webhook, { _tag: "FlatOut", atOnce: 4 })))
    assert.include(error.message, "it was answered 401")
  }).pipe(Effect.scoped, Effect.provide(NodeServices.layer)))
