import { NodeServices } from "@effect/platform-node"
import { assert, it } from "@effect/vitest"
import { QueueLimits } from "@nominal-code/jobs/JobQueue"
import * as RedisQueue from "@nominal-code/jobs/redis/RedisQueue"
import * as Redis from "@nominal-code/persistence/Redis"
import type { StoreError } from "@nominal-code/persistence/StoreError"
import { laneOf, mention } from "@nominal-code/testing/Jobs"
import { done, storeIn } from "@nominal-code/testing/QueueSteps"
import { promoted, replicaIn, startCluster } from "@nominal-code/testing/RedisCluster"
import { type RedisServer, redisSuite, replicates } from "@nominal-code/testing/RedisServer"
import { Duration, Effect, Fiber, Layer, Logger, Option, Schedule } from "effect"

const lanes = Array.from({ length: 8 }, (_, index) => laneOf(index + 1))
const rounds = 8
const total = lanes.length * rounds

/** A process of its own, whose deliveries wait for the replica. */
const processAt = ({ url }: RedisServer) =>
  Effect.map(
    Layer.build(
      Layer.fresh(RedisQueue.layer).pipe(
        Layer.provide([
          Layer.fresh(Redis.layer({ url, waitReplicas: 1 })),
          NodeServices.layer,
          Layer.succeed(QueueLimits, { ...QueueLimits.defaultValue(), leaseDuration: Duration.seconds(3) })
        ])
      )
    ),
    storeIn
  )

/** Retries a step while the store is away for a moment, as a forge and the lanes do. */
const patiently = <A>(effect: Effect.Effect<A, StoreError>) =>
  Effect.retry(effect, { schedule: Schedule.spaced("50 millis"), while: ({ retryable }) => retryable })

/** Offers and runs jobs while a failover goes on; the deliveries in the order of their runs, by lane. */
const runDuring = Effect.fnUntraced(function*(
  failover: (primary: RedisServer, replica: RedisServer) => Effect.Effect<void>
) {
  const cluster = yield* startCluster([])
  const { first, second, third } = cluster
  const replica = yield* replicaIn(cluster, second)
  const [here, there] = [yield* processAt(first), yield* processAt(third)]
  const ran = new Map(lanes.map(({ number }) => [Number(number), new Array<string>()]))

  const offering = Effect.forEach(
    lanes,
    (lane) =>
      Effect.forEach(
        Array.from({ length: rounds }, (_, round) => `${lane.number}-${round}`),
        (delivery) => Effect.andThen(patiently(here.offer(mention(lane, delivery))), Effect.sleep("60 millis")),
        { discard: true }
      ),
    {
      concurrency: lanes.length,
      discard: true
    }
  )
  const turns = Effect.forEach(lanes, (lane) =>
    Effect.gen(function*() {
      const lease = yield* patiently(there.take(lane))
      if (Option.isNone(lease)) return yield* Effect.sleep("20 millis")
      ran.get(lane.number)?.push(lease.value.job.delivery)
      yield* patiently(there.settle(lease.value, done))
    }), { concurrency: lanes.length, discard: true })

  const working = yield* Effect.forkScoped(Effect.forever(turns))
  const offered = yield* Effect.forkScoped(offering)
  yield* Effect.sleep("150 millis")
  assert.isUndefined(offered.pollUnsafe())
  yield* failover(second, replica)
  yield* Fiber.join(offered)
  // For a moment, the old primary may answer reads with what it had before.
  const records = yield* Effect.repeat(patiently(here.list({ limit: 2 * total })), {
    schedule: Schedule.spaced("50 millis"),
    until: (all) => all.length === total && all.every(({ state }) => state === "done")
  }).pipe(Effect.timeout("60 seconds"))
  yield* Fiber.interrupt(working)
  assert.strictEqual(records.length, total)
  return ran
}, Effect.scoped)

const inOrder = ({ number }: typeof lanes[number]) => Array.from({ length: rounds }, (_, round) => `${number}-${round}`)

redisSuite("a replica of a Redis Cluster that is promoted while jobs are offered and run", () => {
  it.live(
    "because it is asked to: nothing is lost, and each job runs once, in its turn",
    () =>
      Effect.gen(function*() {
        const ran = yield* runDuring((_, replica) =>
          // It gives up after five seconds if it had no votes.
          Effect.andThen(replica.command("cluster", "failover"), promoted(replica)).pipe(
            Effect.timeout("6 seconds"),
            Effect.retry({ times: 3 }),
            Effect.orDie
          )
        )
        for (const lane of lanes) assert.deepStrictEqual(ran.get(lane.number), inOrder(lane))
      }).pipe(Effect.provide(Logger.layer([])))
  )

  it.live(
    "because its primary died: no job is lost that was accepted with redis.wait_replicas",
    () =>
      Effect.gen(function*() {
        const ran = yield* runDuring((primary, replica) =>
          Effect.gen(function*() {
            yield* primary.kill
            yield* promoted(replica)
            // It comes back with nothing on its disk, as the replica of what was its own.
            yield* primary.start
            yield* replicates(primary)
          })
        )
        // What the dead primary had not passed on of a run is run again.
        for (const lane of lanes) assert.sameMembers([...new Set(ran.get(lane.number))], inOrder(lane))
      }).pipe(Effect.provide(Logger.layer([])))
  )
})
