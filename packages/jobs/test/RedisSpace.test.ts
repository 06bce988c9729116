import { assert, it } from "@effect/vitest"
import { Job, JobOutcome } from "@nominal-code/domain/Job"
import { Settlement } from "@nominal-code/jobs/JobQueue"
import { JobQueue } from "@nominal-code/jobs/JobQueue"
import { JobRecords } from "@nominal-code/jobs/JobRecords"
import { laneOf, mention, push, reviewed } from "@nominal-code/testing/Jobs"
import { type RedisServer, redisSuite, start } from "@nominal-code/testing/RedisServer"
import { queueAt } from "@nominal-code/testing/RedisStore"
import { Context, Effect, Layer, Option } from "effect"

const jobs = 2_000

const used = ({ command }: RedisServer) =>
  Effect.map(command("info", "memory"), (info) => Number(/used_memory:(\d+)/.exec(String(info))?.[1]))

const long = "The rounding here is wrong for negative amounts, is it not? ".repeat(20)

redisSuite("the room that jobs take in Redis", () => {
  it.live(
    "an ended job keeps its record in 300 bytes, and a full Redis takes nothing more but lets jobs end",
    () =>
      Effect.gen(function*() {
        const redis = yield* start({ aof: false })
        const context = yield* Layer.build(queueAt(redis))
        const { find, list } = Context.get(context, JobRecords)
        const { check, offer, settle, take } = Context.get(context, JobQueue)
        const before = yield* used(redis)
        const uuid = (index: number) => `8f14e45f-ceea-467f-a3d4-${String(index).padStart(12, "0")}`
        const all = Array.from({ length: jobs }, (_, index) =>
          new Job({
            ...(index % 2 === 0 ? mention(laneOf(index + 1), uuid(index), long) : push(laneOf(index + 1), uuid(index)))
          }))
        yield* Effect.forEach(all, offer, { concurrency: 50, discard: true })
        const waiting = ((yield* used(redis)) - before) / jobs

        yield* redis.command("config", "set", "maxmemory", 1)
        assert.strictEqual((yield* Effect.flip(check)).reason, "full")
        assert.strictEqual((yield* Effect.flip(offer(mention(laneOf(9_999), "more")))).reason, "full")
        const end = Effect.fnUntraced(function*(job: Job) {
          const lease = Option.getOrThrow(yield* take(job.lane))
          assert.isTrue(yield* settle(lease, Settlement.cases.Done.make({ outcome: reviewed })))
        })
        yield* Effect.forEach(all, end, { concurrency: 50, discard: true })
        yield* redis.command("config", "set", "maxmemory", 0)

        const sizes = yield* Effect.forEach(
          all.slice(0, 200),
          ({ id }) => Effect.map(redis.command("memory", "usage", `{nc:0}:job:${id}`), Number)
        )
        const ended = ((yield* used(redis)) - before) / jobs
        yield* Effect.logInfo(
          `${Math.round(waiting)} bytes of Redis for a waiting job, ${Math.round(ended)} for one that has ended, ` +
            `of which ${Math.max(...sizes)} are its record`
        )
        assert.isAtMost(Math.max(...sizes), 300)
        assert.isBelow(ended, 800)
        const [job] = all
        const record = Option.getOrThrow(job === undefined ? Option.none() : yield* find(job.id))
        assert.deepStrictEqual(record.outcome, Option.some(JobOutcome.make(reviewed)))
        assert.deepStrictEqual(record.job, Option.none())
        assert.strictEqual((yield* list({ limit: 50 })).length, 50)
      }),
    60_000
  )
})
