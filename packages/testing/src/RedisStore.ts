import * as NodeFileSystem from "@effect/platform-node/NodeFileSystem"
import { JobQueue } from "@nominal-code/jobs/JobQueue"
import * as RedisQueue from "@nominal-code/jobs/redis/RedisQueue"
import * as Redis from "@nominal-code/persistence/Redis"
import { RedisTime } from "@nominal-code/persistence/RedisTime"
import { Clock, Context, Effect, Layer, Schema, Stream } from "effect"
import { Elsewhere } from "./Quiet.ts"
import { emptied, live, type RedisServer } from "./RedisServer.ts"

/** The queue's time: the test's clock instead of Redis' own. */
export const testTime = Layer.effect(
  RedisTime,
  Effect.map(Clock.Clock, (clock) => Effect.asSome(clock.currentTimeMillis))
)

/**
 * The queue, whose pauses between tries are of the machine's time: a Redis that is slow to answer for a moment would else
 * hold a test up whose clock stands still.
 */
const patient = (queue: JobQueue["Service"]) =>
  JobQueue.of({
    ...queue,
    offer: (job) => live(queue.offer(job)),
    offerAll: (jobs) => live(queue.offerAll(jobs)),
    take: (lane, runs) => live(queue.take(lane, runs)),
    renew: (lease, waitsFor) => live(queue.renew(lease, waitsFor)),
    settle: (lease, settlement) => live(queue.settle(lease, settlement)),
    settleAndTake: (lease, settlement, runs) => live(queue.settleAndTake(lease, settlement, runs))
  })

/** The queue on whatever Redis is provided. */
export const queue = Layer.effectContext(
  Effect.map(
    Layer.build(Layer.fresh(RedisQueue.layer)),
    (context) => Context.add(context, JobQueue, patient(Context.get(context, JobQueue)))
  )
).pipe(Layer.fresh, Layer.provide(testTime), Layer.provide(NodeFileSystem.layer))

/** Says something where the queue does: in a cluster only the same node keeps the order. */
const publish = { text: "return redis.call('PUBLISH', 'test:echo', '')", sha: "0".repeat(40) }

/** Waits until all earlier announcements are heard, and their effects are done. */
const heard = ({ run, subscribe }: Redis.Redis["Service"]) =>
  Effect.gen(function*() {
    const echo = yield* subscribe("test:echo")
    for (let round = 0; round < 3; round++) {
      yield* run("test", Schema.Int, publish, ["{nc:0}"], [])
      yield* Stream.runDrain(Stream.take(echo, 1))
      yield* Effect.repeat(Effect.yieldNow, { times: 100 })
    }
  }).pipe(Effect.scoped, Effect.orDie)

/** Layer of the wait for Redis. */
export const elsewhere = Layer.effect(Elsewhere, Effect.map(Redis.Redis, heard))

/** The queue on a server, as a process of its own would open it. */
export const queueAt = ({ url }: RedisServer) =>
  Layer.merge(queue, elsewhere).pipe(Layer.provide(Layer.fresh(Redis.layer(url))))

/** The queue on a server that holds nothing else. */
export const freshQueue = (server: Effect.Effect<RedisServer>) =>
  Layer.merge(queue, elsewhere).pipe(Layer.provide(emptied(server)))
