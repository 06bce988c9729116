import { assert, it } from "@effect/vitest"
import { listenScoped } from "@nominal-code/testing/GitHubServer"
import { Effect, Option } from "effect"
import type { ServerResponse } from "node:http"
import * as Telemetry from "../src/Telemetry.ts"

/** A batch of the exporter. */
const batch = Effect.replicateEffect(Effect.withSpan(Effect.void, "span"), 1_000, { discard: true })

/** Has a collector answer in some way while a number of batches of spans come, and counts what it is sent. */
const sent = Effect.fnUntraced(function*(answer: (response: ServerResponse) => void, batches: number, enough: number) {
  const { origin, server } = yield* listenScoped
  let requests = 0
  const arrived = new Promise<void>((resolve) =>
    server.on("request", (request, response) => {
      request.resume()
      answer(response)
      if (++requests === enough) resolve()
    })
  )
  yield* Effect.gen(function*() {
    yield* Effect.replicateEffect(Effect.andThen(batch, Effect.sleep("5 millis")), batches, { discard: true })
    yield* Effect.promise(() => arrived)
  }).pipe(
    Effect.provide(Telemetry.layer({ tracing: { endpoint: Option.some(origin), headers: Option.none() } }))
  )
  return requests
}, Effect.scoped)

it.live.each(
  [
    ["nothing", () => {}],
    ["no body", (response: ServerResponse) => response.write("{")]
  ] as const
)("a collector that answers %s holds four batches of spans, and no more", ([, answer]) =>
  Effect.gen(function*() {
    assert.strictEqual(yield* sent(answer, 20, 4), 4)
  }))

it.live("a collector that asks for a pause of a day is asked four times, and its batch is let go", () =>
  Effect.gen(function*() {
    const busy = (response: ServerResponse) => response.writeHead(429, { "retry-after": "86400" }).end()
    assert.strictEqual(yield* sent(busy, 1, 4), 4)
  }))
