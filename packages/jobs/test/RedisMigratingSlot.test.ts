import { NodeServices } from "@effect/platform-node"
import { assert, it } from "@effect/vitest"
import { laneKey } from "@nominal-code/domain/job/Lane"
import { JobQueue } from "@nominal-code/jobs/JobQueue"
import { JobRecords } from "@nominal-code/jobs/JobRecords"
import * as RedisQueue from "@nominal-code/jobs/redis/RedisQueue"
import { RedisShards } from "@nominal-code/jobs/redis/RedisShards"
import * as Redis from "@nominal-code/persistence/Redis"
import type { StoreError } from "@nominal-code/persistence/StoreError"
import { laneOf, mention } from "@nominal-code/testing/Jobs"
import { done } from "@nominal-code/testing/QueueSteps"
import { migrate, startCluster } from "@nominal-code/testing/RedisCluster"
import { redisSuite } from "@nominal-code/testing/RedisServer"
import { Context, Effect, Fiber, Layer, Logger, Option, type Redacted, Schedule } from "effect"

const lanes = Array.from({ length: 10 }, (_, index) => laneOf(index + 1))
const rounds = 8

/** A process of its own. */
const processAt = (url: Redacted.Redacted, shards: number) =>
  Effect.map(
    Layer.build(
      Layer.fresh(RedisQueue.layer).pipe(
        Layer.provide([
          Layer.fresh(Redis.layer(url)),
          NodeServices.layer,
          Layer.succeed(RedisShards, Option.some(shards))
        ])
      )
    ),
    (context) => ({ ...Context.get(context, JobQueue), ...Context.get(context, JobRecords) })
  )

/** Repeats a call as a forge and the lanes do when the store is away for a moment. */
const patiently = <A>(effect: Effect.Effect<A, StoreError>) =>
  Effect.retry(effect, { schedule: Schedule.spaced("20 millis"), while: ({ retryable }) => retryable })

redisSuite("a slot of the queue that moves to another node", () => {
  it.live(
    "takes every job with it while jobs are offered, run and settled: none is lost, none runs twice, all in their order",
    () =>
      Effect.gen(function*() {
        const cluster = yield* startCluster([])
        const { first, second, third } = cluster
        const [here, there] = [yield* processAt(first.url, 2), yield* processAt(third.url, 2)]
        const ran = new Map<string, Array<string>>()
        let offering = true

        const offers = Effect.forEach(lanes, (lane) =>
          Effect.forEach(
            Array.from({ length: rounds }, (_, round) => `${lane.number}-${round}`),
            (delivery) => Effect.andThen(patiently(here.offer(mention(lane, delivery))), Effect.sleep("30 millis")),
            {
              discard: true
            }
          ), { concurrency: lanes.length, discard: true })

        const runs = Effect.forEach(lanes, (lane) =>
          Effect.gen(function*() {
            const order: Array<string> = []
            ran.set(laneKey(lane), order)
            for (;;) {
              const was = offering
              const lease = yield* patiently(there.take(lane))
              if (Option.isSome(lease)) {
                order.push(lease.value.job.delivery)
                assert.isTrue(yield* patiently(there.settle(lease.value, done)))
              } else if (!was) {
                return
              } else yield* Effect.sleep("20 millis")
            }
          }), { concurrency: lanes.length, discard: true })

        const running = yield* Effect.forkScoped(runs)
        const offered = yield* Effect.forkScoped(offers)
        const slot = Number(yield* first.command("cluster", "keyslot", "{nc:0}"))
        const other = Number(yield* first.command("cluster", "keyslot", "{nc:1}"))
        const owner = String(yield* first.command("cluster", "slots"))
        assert.include(owner, String(second.port))
        let moved = 0
        for (const step of [[second, first], [first, third], [third, second]] as const) {
          yield* Effect.sleep("40 millis")
          moved += yield* migrate(cluster, slot, step, Effect.sleep("5 millis"))
        }
        assert.notStrictEqual(slot, other)
        yield* Fiber.join(offered)
        offering = false
        yield* Fiber.join(running)

        assert.isAbove(moved, 50)
        const expected = Array.from({ length: rounds }, (_, round) => String(round))
        for (const [key, order] of ran) assert.deepStrictEqual(order.map((one) => one.split("-")[1]), expected, key)
        const records = yield* here.list({ limit: 1_000 })
        assert.strictEqual(records.length, lanes.length * rounds)
        assert.deepStrictEqual([...new Set(records.map(({ state }) => state))], ["done"])
        assert.deepInclude(yield* there.depth, { waiting: 0, running: 0, parked: 0 })
      }).pipe(Effect.scoped, Effect.provide(Logger.layer([])))
  )
})
