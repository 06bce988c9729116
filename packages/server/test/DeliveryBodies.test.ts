import { assert, it } from "@effect/vitest"
import { Deferred, Duration, Effect, Queue } from "effect"
import { TestClock } from "effect/testing"
import { request } from "node:http"
import { deliver, listeningPort, pullRequest, server, sign } from "./ServerFixture.ts"

const fiveMegabytes = 5 * 1024 * 1024

/** A request that declares a body, of five megabytes or fewer, and sends none of it. `status` waits for the answer; 0: the connection was
 * cut. */
const stalled = Effect.fnUntraced(function*(headers: Readonly<Record<string, string>>, bytes = fiveMegabytes) {
  const port = yield* listeningPort
  const status = yield* Deferred.make<number>()
  yield* Effect.acquireRelease(
    Effect.sync(() => {
      const sent = request({
        host: "127.0.0.1",
        port,
        path: "/webhooks/github",
        method: "POST",
        headers: { "content-length": bytes, "x-github-event": "pull_request", ...headers }
      }, (response) => {
        response.resume()
        Deferred.doneUnsafe(status, Effect.succeed(response.statusCode ?? 0))
      })
      sent.on("error", () => Deferred.doneUnsafe(status, Effect.succeed(0)))
      sent.flushHeaders()
      return sent
    }),
    (sent) => Effect.sync(() => sent.destroy())
  )
  return { status: Deferred.await(status) }
})

/** Headers that may be a forge's: only the body shows that they are not. */
const wellFormed = { "x-hub-signature-256": sign("another body") }

it.live.each(
  [
    ["no signature", {}],
    ["a signature that is none", { "x-hub-signature-256": "sha256=abc" }]
  ] satisfies ReadonlyArray<readonly [string, Record<string, string>]>
)(
  "a request with %s is refused before its body arrives",
  ([, headers]) =>
    Effect.gen(function*() {
      assert.strictEqual(yield* (yield* stalled(headers)).status, 401)
    }).pipe(Effect.scoped, Effect.provide(server()))
)

it.effect("bodies that fill all the room and do not arrive make place for others, and for a delivery", () =>
  Effect.gen(function*() {
    // Sixty-four of them fit to the last byte.
    const requests = yield* Effect.forEach(Array.from({ length: 200 }), () => stalled(wellFormed, 1_048_575))
    const ended = yield* Queue.unbounded<number>()
    for (const { status } of requests) {
      yield* Effect.forkScoped(Effect.flatMap(status, (code) => Queue.offer(ended, code)))
    }
    const codes = yield* Effect.forEach(Array.from({ length: 136 }), () => Queue.take(ended))
    assert.deepStrictEqual([...new Set(codes)], [503])
    assert.strictEqual((yield* deliver(pullRequest())).status, 202)
  }).pipe(Effect.scoped, Effect.provide(server())))

it.effect("bodies that do not arrive leave room for a delivery, and are refused after 15 seconds", () =>
  Effect.gen(function*() {
    // Twelve bodies of five megabytes fit into 64.
    const requests = yield* Effect.forEach(Array.from({ length: 13 }), () => stalled(wellFormed))
    const answers = requests.map(({ status }) => status)
    assert.strictEqual(yield* Effect.raceAll(answers), 503)
    assert.strictEqual((yield* deliver(pullRequest())).status, 202)

    yield* TestClock.adjust(Duration.seconds(15))
    const statuses = yield* Effect.all(answers)
    assert.deepStrictEqual(statuses.toSorted(), [...Array.from({ length: 12 }, () => 408), 503])

    const padded = { ...pullRequest(), padding: "x".repeat(fiveMegabytes - 10_000) }
    assert.strictEqual((yield* deliver(padded, { id: "the same event again" })).status, 200)
  }).pipe(Effect.scoped, Effect.provide(server())))
