import { NodeServices } from "@effect/platform-node"
import { assert, it } from "@effect/vitest"
import type { Job } from "@nominal-code/domain/job/Job"
import { laneKey } from "@nominal-code/domain/job/Lane"
import { QueueLimits } from "@nominal-code/jobs/JobQueue"
import { JobRunner } from "@nominal-code/jobs/JobRunner"
import * as Lanes from "@nominal-code/jobs/lane/Lane"
import * as RedisQueue from "@nominal-code/jobs/redis/RedisQueue"
import * as ServiceBreakers from "@nominal-code/jobs/run/ServiceBreakers"
import * as Redis from "@nominal-code/persistence/Redis"
import { laneOf, mention, push, reviewed } from "@nominal-code/testing/Jobs"
import { type Store, storeIn } from "@nominal-code/testing/QueueSteps"
import { type RedisServer, redisSuite, start } from "@nominal-code/testing/RedisServer"
import { Duration, Effect, Fiber, Layer, Logger, Schedule } from "effect"
import { type Chance, chanceOf } from "./Chance.ts"

const lanes = 30
const rounds = 4

/** Runs in order, and the overlaps of two runs of a lane, which must never be. */
const makeRecord = () => {
  const ran: Array<Job> = []
  const running = new Set<string>()
  const overlaps: Array<string> = []
  const runner = (chance: Chance) =>
    JobRunner.of({
      run: (job) =>
        Effect.suspend(() => {
          const key = laneKey(job.lane)
          if (running.has(key)) overlaps.push(key)
          running.add(key)
          return Effect.sleep(Duration.millis(5 + chance.below(40))).pipe(
            Effect.tap(() => Effect.sync(() => ran.push(job))),
            Effect.as(reviewed),
            Effect.ensuring(Effect.sync(() => running.delete(key)))
          )
        }),
      cancel: () => Effect.void,
      postNotice: () => Effect.die("nobody is told"),
      needs: () => [],
      outOfProcess: false
    })
  return { ran, overlaps, runner }
}

/** A server with everything but the webhooks. */
const replica = Effect.fnUntraced(function*(redis: RedisServer, runner: JobRunner["Service"]) {
  const queue = Layer.fresh(RedisQueue.layer).pipe(
    Layer.provide(Layer.fresh(Redis.layer(redis.url))),
    Layer.provide(NodeServices.layer)
  )
  const jobs = {
    maxConcurrent: 8,
    maxAttempts: 3,
    deadline: Duration.minutes(1),
    giveUpAfter: Duration.hours(24),
    gracePeriod: Duration.seconds(5)
  }
  const layer = Layer.fresh(Lanes.layer(jobs)).pipe(
    Layer.provide(ServiceBreakers.layer),
    Layer.provideMerge(queue),
    Layer.provide([
      Layer.succeed(JobRunner, runner),
      Layer.succeed(QueueLimits, {
        ...QueueLimits.defaultValue(),
        // Longer than a busy machine takes to start Redis again: whoever loses a lease meanwhile runs its job again.
        leaseDuration: Duration.seconds(20),
        renewEvery: Duration.seconds(2)
      })
    ])
  )
  return storeIn(yield* Layer.build(layer))
})

/** A delivery that is not accepted is listed as failed by its forge, and delivered again. */
const deliver = (queue: Store, job: Job) => Effect.retry(queue.offer(job), Schedule.spaced("50 millis"))

redisSuite("servers on a Redis that fails all the time", () => {
  it.live(
    "lose nothing, do nothing twice, and never work on one pull request at the same time",
    () =>
      Effect.gen(function*() {
        const chance = chanceOf(11)
        const redis = yield* start()
        const { overlaps, ran, runner } = makeRecord()
        const servers = [yield* replica(redis, runner(chance)), yield* replica(redis, runner(chance))] as const
        const [asked] = servers
        const any = () => chance.of(servers) ?? asked
        const expected = new Map<string, ReadonlyArray<Job>>()
        const cuts: Array<string> = []

        const traffic = Effect.forEach(Array.from({ length: lanes }, (_, index) => laneOf(index + 1)), (lane) =>
          Effect.gen(function*() {
            const jobs: Array<Job> = []
            for (let round = 0; round < rounds; round++) {
              const make = round % 2 === 0 ? mention : push
              const job = make(lane, `${lane.number}-${round}`)
              const { _tag } = yield* deliver(any(), job)
              assert.include(["Accepted", "Duplicate"], _tag)
              jobs.push(job)
              yield* Effect.sleep(Duration.millis(chance.below(400)))
            }
            expected.set(laneKey(lane), jobs)
          }), { concurrency: lanes, discard: true })

        const cutting = Effect.gen(function*() {
          for (let round = 0; round < 12; round++) {
            yield* Effect.sleep("150 millis")
            if (round % 6 === 3) {
              cuts.push("killed")
              yield* redis.kill
              yield* Effect.sleep("400 millis")
              yield* redis.start
            } else {
              cuts.push("cut")
              const type = chance.of(["normal", "pubsub"]) ?? "normal"
              yield* redis.command("client", "kill", "type", type, "skipme", "yes")
            }
          }
        })

        const faults = yield* Effect.forkScoped(cutting)
        yield* traffic
        yield* Fiber.join(faults)
        const idle = Effect.map(asked.depth, ({ running, waiting }) =>
          running + waiting === 0)
        yield* Effect.repeat(Effect.retry(idle, Schedule.spaced("50 millis")), {
          schedule: Schedule.spaced("50 millis"),
          until: (yes) =>
            yes
        }).pipe(Effect.timeout("60 seconds"))

        const records = yield* asked.list({ limit: 10_000 })
        assert.strictEqual(records.length, lanes * rounds, "lost")
        assert.deepStrictEqual(
          [
            ...new Set(records.map(({ state }) =>
              state
            ))
          ].sort().filter((state) => state !== "superseded"),
          ["done"],
          "one end each"
        )
        assert.deepStrictEqual(overlaps, [], "overlapped")
        const done = new Set(records.filter(({ state }) => state === "done").map(({ id }) => id))
        for (const [key, jobs] of expected) {
          for (const kind of ["Comment", "Lifecycle"]) {
            const ofKind = ({ event, lane }: Job) => laneKey(lane) === key && event._tag === kind
            const order = ran.filter(ofKind).map(({ delivery }) => delivery)
            const expected = jobs.filter((job) => ofKind(job) && done.has(job.id)).map(({ delivery }) => delivery)
            assert.deepStrictEqual(order, expected, `${kind} ${key}`)
          }
        }
        assert.deepStrictEqual([cuts.filter((cut) => cut === "killed").length, cuts.length], [2, 12])
      }).pipe(Effect.provide(Logger.layer([])))
  )
})
