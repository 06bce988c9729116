import { NodeHttpServer } from "@effect/platform-node"
import { assert, describe, it } from "@effect/vitest"
import { Failure, ServiceName } from "@nominal-code/domain/job/Failure"
import { Usage, UsageSummary } from "@nominal-code/domain/model/Usage"
import { countUsage, layerScrapeHooks } from "@nominal-code/domain/telemetry/Metrics"
import { JobRecords } from "@nominal-code/jobs/JobRecords"
import * as ServiceBreakers from "@nominal-code/jobs/run/ServiceBreakers"
import * as Metrics from "@nominal-code/server/Metrics"
import { Effect, Layer } from "effect"
import { HttpClient } from "effect/http"
import { comment, deliver, fullDisk, pullRequest, server } from "./ServerFixture.ts"

const listening = (depth: { waiting: number; running: number; parked: number; oldestWaitMillis: number }) =>
  Layer.merge(Metrics.layer, Metrics.queueGauges).pipe(
    Layer.provide(layerScrapeHooks),
    Layer.provide(Layer.mock(JobRecords, { depth: Effect.succeed(depth) })),
    Layer.provideMerge(ServiceBreakers.layer),
    Layer.provideMerge(NodeHttpServer.layerTest)
  )

/** Lines of the answer that are no comments, by metric and labels. */
const scraped = Effect.gen(function*() {
  const response = yield* HttpClient.get("/metrics")
  assert.strictEqual(response.headers["content-type"], "text/plain; version=0.0.4; charset=utf-8")
  const lines = (yield* response.text).split("\n").filter((line) => line !== "" && !line.startsWith("#"))
  return new Map(lines.map((line) => {
    const at = line.lastIndexOf(" ")
    return [line.slice(0, at), Number(line.slice(at + 1))] as const
  }))
})

const depth = { waiting: 2, running: 1, parked: 3, oldestWaitMillis: 61_500 }

describe("GET /metrics", () => {
  it.effect("tells the size of the queue, its oldest wait, and how many services are away, as they are now", () =>
    Effect.gen(function*() {
      const before = yield* scraped
      assert.strictEqual(before.get("nominal_queue_jobs{state=\"waiting\"}"), 2)
      assert.strictEqual(before.get("nominal_queue_jobs{state=\"running\"}"), 1)
      assert.strictEqual(before.get("nominal_queue_jobs{state=\"parked\"}"), 3)
      assert.strictEqual(before.get("nominal_queue_oldest_wait_seconds"), 61.5)
      assert.strictEqual(before.get("nominal_services_away"), 0)
      const service = ServiceName.make("forge:github")
      const { begin } = yield* ServiceBreakers.ServiceBreakers
      const failure = Failure.cases.Forge.make({ reason: "rate-limited", detail: "403" })
      const { end } = yield* begin([service])
      yield* end(
        ServiceBreakers.ServiceObservation.cases.Away.make({ service, failure, retryAfterMillis: 3_600_000 })
      )
      assert.strictEqual((yield* scraped).get("nominal_services_away"), 1)
    }).pipe(Effect.provide(listening(depth))))

  it.effect("goes on answering when the queue has closed, with the gauges as they were", () =>
    Effect.gen(function*() {
      let asked = 0
      const queue = Metrics.queueGauges.pipe(
        Layer.provide(
          Layer.mock(JobRecords, { depth: Effect.sync(() => ({ ...depth, waiting: 7 + asked++ })) })
        ),
        Layer.provide(ServiceBreakers.layer)
      )
      const waiting = Effect.map(scraped, (lines) => lines.get("nominal_queue_jobs{state=\"waiting\"}"))
      assert.deepStrictEqual([yield* Effect.provide(waiting, queue), yield* waiting, asked], [7, 7, 1])
    }).pipe(
      Effect.provide(
        Metrics.layer.pipe(Layer.provideMerge(layerScrapeHooks), Layer.provideMerge(NodeHttpServer.layerTest))
      )
    ))

  it.effect("counts tokens and dollars by model, and no dollars where the price is not known", () =>
    Effect.gen(function*() {
      const usage = new Usage({ input: 100, output: 20, cacheRead: 300, cacheWrite: 4 })
      const priced = new UsageSummary({ provider: "p", model: "priced", usage, costUsd: 0.25, calls: 2 })
      const unpriced = new UsageSummary({ provider: "p", model: "unpriced", usage, calls: 2 })
      for (const used of [priced, priced, unpriced]) yield* countUsage(used)
      const metrics = yield* scraped
      const of = (name: string, model: string, more = "") =>
        metrics.get(`nominal_model_${name}_total{provider="p",model="${model}"${more}}`)
      const kinds = ["input", "output", "cache_read", "cache_write"]
      assert.deepStrictEqual(kinds.map((kind) => of("tokens", "priced", `,kind="${kind}"`)), [200, 40, 600, 8])
      assert.strictEqual(of("tokens", "unpriced", ",kind=\"input\""), 100)
      assert.deepStrictEqual([of("cost_usd", "priced"), of("cost_usd", "unpriced")], [0.5, 0])
    }).pipe(Effect.provide(listening(depth))))

  it.effect("counts deliveries by status: accepted, duplicate, without a mention, not stored", () =>
    Effect.gen(function*() {
      const count = Effect.map(
        Effect.provide(scraped, listening(depth)),
        (metrics) =>
          ["accepted", "duplicate", "no_mention", "not_stored"].map((status) =>
            metrics.get(`nominal_deliveries_total{status="${status}"}`) ?? 0
          )
      )
      const before = yield* count
      yield* Effect.provide(
        Effect.gen(function*() {
          yield* deliver(pullRequest())
          yield* deliver(pullRequest())
          yield* deliver(comment("nothing for a bot", "alice"), { event: "issue_comment", id: "2" })
        }),
        server()
      )
      yield* Effect.provide(deliver(pullRequest()), server({ queue: fullDisk }))
      const after = yield* count
      assert.deepStrictEqual(after.map((value, index) => value - (before[index] ?? 0)), [1, 1, 1, 1])
    }))

  it.effect("is the only thing that this port answers", () =>
    Effect.gen(function*() {
      for (const path of ["/", "/ready", "/metrics/more", "/webhooks/github"]) {
        assert.strictEqual((yield* HttpClient.get(path)).status, 404, path)
      }
      assert.strictEqual((yield* HttpClient.post("/metrics")).status, 404)
    }).pipe(Effect.provide(listening(depth))))
})
