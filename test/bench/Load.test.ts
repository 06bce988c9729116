import { NodeServices } from "@effect/platform-node"
import { assert, it } from "@effect/vitest"
import { Effect } from "effect"
import * as Load from "./Load.ts"
import * as Reference from "./Reference.ts"

const secret = "a secret of more than sixteen bytes"

const volley = (url: string, pace: Load.Pace): Load.Volley => ({
  url,
  secret,
  template: "{\"number\":1000000}",
  placeholder: "1000000",
  first: 1000001,
  count: 20,
  pace
})

it.live("deliveries are signed and timed, flat out and at a steady rate", () =>
  Effect.gen(function*() {
    const { webhook } = yield* Reference.sqliteServer(secret)
    const flatOut = yield* Load.send(volley(webhook, { _tag: "FlatOut", atOnce: 4 }))
    assert.lengthOf(flatOut.millis, 20)
    const steady = yield* Load.send(volley(webhook, { _tag: "Steady", perSecond: 100 }))
    assert.lengthOf(steady.millis, 20)
    assert.isAtLeast(steady.seconds, 0.19)
  }).pipe(Effect.scoped, Effect.provide(NodeServices.layer)))

it.live("a refused delivery is no figure", () =>
  Effect.gen(function*() {
    const { webhook } = yield* Reference.sqliteServer("another secret of more than that")
    const error = yield* Effect.flip(Load.send(volley(webhook, { _tag: "FlatOut", atOnce: 4 })))
    assert.include(error.message, "it was answered 401")
  }).pipe(Effect.scoped, Effect.provide(NodeServices.layer)))
