import { assert, it } from "@effect/vitest"
import { JobRunner } from "@nominal-code/jobs/JobRunner"
import * as Lanes from "@nominal-code/jobs/lane/Lane"
import * as ServiceBreakers from "@nominal-code/jobs/run/ServiceBreakers"
import { laneOf, mention } from "@nominal-code/testing/Jobs"
import { storeIn } from "@nominal-code/testing/QueueSteps"
import { quiet } from "@nominal-code/testing/Quiet"
import { type RedisServer, redisSuite, start } from "@nominal-code/testing/RedisServer"
import { queueAt } from "@nominal-code/testing/RedisStore"
import { sized } from "@nominal-code/testing/Sized"
import { Deferred, Duration, Effect, Layer } from "effect"
import { setFlagsFromString } from "node:v8"
import { runInNewContext } from "node:vm"

const allowed = 4096

setFlagsFromString("--expose-gc")
const collectGarbage: () => void = runInNewContext("gc")

/** Bytes that this process holds on to. */
const processMemory = Effect.sync(() => {
  collectGarbage()
  collectGarbage()
  const { arrayBuffers, heapUsed } = process.memoryUsage()
  return heapUsed + arrayBuffers
})

const redisMemory = ({ command }: RedisServer) =>
  Effect.map(command("info", "memory"), (info) => Number(/used_memory:(\d+)/.exec(String(info))?.[1]))

const connections = ({ command }: RedisServer) =>
  Effect.map(
    command("client", "list"),
    (list) => String(list).split("\n").filter((line) => line.includes("name=nominal-code")).length
  )

/** A server whose every slot is taken by a review that does not end before it is told to. */
const busyServer = Effect.fnUntraced(function*(redis: RedisServer, waiting: number) {
  const begun = yield* Deferred.make<void>()
  const runner = JobRunner.of({
    run: () => Effect.andThen(Deferred.succeed(begun, undefined), Effect.never),
    cancel: () => Effect.void,
    postNotice: () => Effect.die("nobody is told"),
    needs: () => [],
    outOfProcess: false
  })
  const jobs = {
    maxConcurrent: 1,
    maxAttempts: 3,
    giveUpAfter: Duration.hours(24),
    deadline: Duration.hours(1),
    gracePeriod: Duration.zero
  }
  const layer = Lanes.layer(jobs).pipe(
    Layer.provide(ServiceBreakers.layer),
    Layer.provideMerge(queueAt(redis)),
    Layer.provide(Layer.succeed(JobRunner, runner))
  )
  const context = yield* Layer.build(layer)
  const queue = storeIn(context)
  yield* queue.offer(mention(laneOf(waiting + 1), "busy"))
  yield* Deferred.await(begun)
  return { queue, quiet: Effect.provide(quiet, context) }
})

redisSuite("thousands of pull requests that wait", () => {
  it.live(
    "cost no connection, and little memory here and in Redis",
    () =>
      Effect.gen(function*() {
        const waiting = yield* sized(2_000, 10_000)
        const redis = yield* start({ aof: false })
        const { queue, quiet } = yield* busyServer(redis, waiting)
        const before = { here: yield* processMemory, there: yield* redisMemory(redis), open: yield* connections(redis) }

        yield* Effect.forEach(
          Array.from({ length: waiting }, (_, index) => index + 1),
          (number) => queue.offer(mention(laneOf(number), `d${number}`)),
          { concurrency: 100, discard: true }
        )
        assert.deepInclude(yield* queue.depth, { waiting, running: 1, parked: 0 })
        // The lanes have heard of every one of them.
        yield* quiet

        const lane = {
          here: ((yield* processMemory) - before.here) / waiting,
          there: ((yield* redisMemory(redis)) - before.there) / waiting
        }
        const open = yield* connections(redis)
        yield* Effect.logInfo(
          `${waiting} waiting lanes: ${open} connections, ${Math.round(lane.here)} bytes of this process and ` +
            `${Math.round(lane.there)} bytes of Redis for each`
        )
        assert.deepStrictEqual([before.open, open], [2, 2])
        assert.isBelow(lane.here, allowed)
        assert.isBelow(lane.there, allowed)
      })
  )
})
