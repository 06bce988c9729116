import { assert, it } from "@effect/vitest"
import { settings } from "@nominal-code/config/Settings"
import { freePort } from "@nominal-code/testing/FreePort"
import { Effect, Layer } from "effect"
import { HttpServer } from "effect/http"
import * as Listener from "../src/Listener.ts"

const port = Effect.map(
  HttpServer.HttpServer,
  ({ address }) => address._tag === "UnixPathAddress" ? assert.fail("not a TCP listener") : address.port
)

it.live("a port in use is one line that names it, and the setting that chose it", () =>
  Effect.gen(function*() {
    const taken = yield* port
    for (const setting of [settings.webhook.port, settings.metrics.port]) {
      const error = yield* Effect.flip(Effect.scoped(Layer.build(Listener.layer("127.0.0.1", taken, setting))))
      const [path] = setting.yaml
      assert.strictEqual(
        error.message,
        `cannot listen on 127.0.0.1:${taken}, another process listens there: end it, or set ${path} (${setting.env[0]})`
      )
    }
  }).pipe(Effect.provide(Listener.layer("127.0.0.1", 0, settings.webhook.port))))

it.live("an address of another machine is one line that names the host's setting, too", () =>
  Effect.gen(function*() {
    const elsewhere = Listener.layer("192.0.2.1", yield* freePort, settings.webhook.port)
    const error = yield* Effect.flip(Effect.scoped(Layer.build(elsewhere)))
    assert.match(
      error.message,
      /^cannot listen on 192\.0\.2\.1:\d+, EADDRNOTAVAIL: check webhook\.host \(WEBHOOK_HOST\), or set webhook\.port/
    )
  }))

it.live("a request that comes before there are routes is answered 503, not left without an answer", () =>
  Effect.gen(function*() {
    const { status } = yield* Effect.flatMap(
      port,
      (port) => Effect.promise(() => fetch(`http://127.0.0.1:${port}/ready`))
    )
    assert.strictEqual(status, 503)
  }).pipe(Effect.provide(Listener.layer("127.0.0.1", 0, settings.webhook.port))))
