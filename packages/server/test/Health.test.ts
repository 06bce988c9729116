import { assert, describe, it } from "@effect/vitest"
import { Failure, ServiceName } from "@nominal-code/domain/job/Failure"
import { JobQueue } from "@nominal-code/jobs/JobQueue"
import { JobRecords } from "@nominal-code/jobs/JobRecords"
import { QueueAdmin } from "@nominal-code/jobs/QueueAdmin"
import { ServiceBreakers, ServiceObservation } from "@nominal-code/jobs/run/ServiceBreakers"
import { StoreError } from "@nominal-code/persistence/StoreError"
import { Clock, DateTime, Effect, Layer } from "effect"
import { HttpClient } from "effect/http"
import { deliver, pullRequest, server } from "./ServerFixture.ts"

const depth = { waiting: 2, running: 1, parked: 3, oldestWaitMillis: 60_000 }
const full = new StoreError({ operation: "check", message: "the disk is full: free some space", reason: "full" })

/** The server over a store that reads, and writes or does not. */
const over = (check: Effect.Effect<void, StoreError>) =>
  server({
    queue: Layer.mergeAll(
      Layer.mock(JobQueue, {}),
      Layer.mock(QueueAdmin, { check }),
      Layer.mock(JobRecords, { depth: Effect.succeed(depth) })
    )
  })

describe("GET /health", () => {
  it.effect("answers ok while the store takes no write", () =>
    Effect.gen(function*() {
      const response = yield* HttpClient.get("/health")
      assert.deepStrictEqual(yield* response.json, { status: "ok" })
    }).pipe(Effect.provide(over(Effect.fail(full)))))
})

describe("GET /ready", () => {
  it.effect("tells what waits", () =>
    Effect.gen(function*() {
      yield* deliver(pullRequest())
      const response = yield* HttpClient.get("/ready")
      assert.strictEqual(response.status, 200)
      assert.match(yield* response.text, /^\{"status":"ready","waiting":1,"running":0,"parked":0,/)
    }).pipe(Effect.provide(server())))

  it.effect("is 503 while the store can be read and takes no write, and says why", () =>
    Effect.gen(function*() {
      const response = yield* HttpClient.get("/ready")
      assert.strictEqual(response.status, 503)
      assert.deepStrictEqual(yield* response.json, { status: "not ready", reason: full.message })
    }).pipe(Effect.provide(over(Effect.fail(full)))))

  it.effect("says which services are waited for, since when and until when, and is ready: deliveries are accepted", () =>
    Effect.gen(function*() {
      const service = ServiceName.make("forge:github")
      const now = yield* Clock.currentTimeMillis
      const { begin } = yield* ServiceBreakers
      const { end } = yield* begin([service])
      const failure = Failure.cases.Forge.make({ reason: "rate-limited", detail: "403 a secret of the forge" })
      yield* end(ServiceObservation.cases.Away.make({ service, failure, retryAfterMillis: 3_600_000 }))
      const response = yield* HttpClient.get("/ready")
      assert.strictEqual(response.status, 200)
      assert.deepStrictEqual(yield* response.json, {
        status: "ready",
        ...depth,
        waitsFor: [{
          reason: "limited",
          service,
          since: DateTime.formatIso(DateTime.makeUnsafe(now)),
          until: DateTime.formatIso(DateTime.makeUnsafe(now + 3_600_000))
        }]
      })
    }).pipe(Effect.provide(over(Effect.void))))
})
