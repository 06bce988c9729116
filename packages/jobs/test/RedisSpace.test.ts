import { assert, it } from "@effect/vitest"
import { type Job, JobOutcome } from "@nominal-code/domain/job/Job"
import { Usage, UsageSummary } from "@nominal-code/domain/model/Usage"
import { JobQueue, Settlement } from "@nominal-code/jobs/JobQueue"
import { JobRecords } from "@nominal-code/jobs/JobRecords"
import { QueueAdmin } from "@nominal-code/jobs/QueueAdmin"
import { laneOf, mention, push, shaOf } from "@nominal-code/testing/Jobs"
import { type RedisServer, redisSuite, start } from "@nominal-code/testing/RedisServer"
import { queueAt } from "@nominal-code/testing/RedisStore"
import { Context, Effect, Layer, Option, Schema } from "effect"

/** Number of jobs that end before anything is measured, for the room that a Redis takes once and for all. */
const warming = 500

const jobs = 2_000

const used = ({ command }: RedisServer) =>
  Effect.map(command("info", "memory"), (info) => Number(/used_memory:(\d+)/.exec(String(info))?.[1]))

/** Sum of the sizes that Redis tells of all its keys. */
const sizeOfKeys = Effect.fnUntraced(function*({ command }: RedisServer) {
  const sum = "local sum = 0 for _, key in ipairs(redis.call('KEYS', '*')) do " +
    "sum = sum + redis.call('MEMORY', 'USAGE', key, 'SAMPLES', 0) end return sum"
  return yield* Effect.orDie(Effect.flatMap(command("eval", sum, 0), Schema.decodeUnknownEffect(Schema.Int)))
})

const long = "The rounding here is wrong for negative amounts, is it not? ".repeat(20)

/** Jobs of a pull request each, as GitHub delivers them. */
const makeJobs = (count: number): ReadonlyArray<Job> =>
  Array.from({ length: count }, (_, index) => {
    const delivery = `${shaOf(`${index}`).slice(0, 8)}-ceea-467f-a3d4-${shaOf(`${index}`).slice(8, 20)}`
    return index % 2 === 0 ? mention(laneOf(index + 1), delivery, long) : push(laneOf(index + 1), delivery)
  })

/** Outcome of a review of some size; a push is reviewed at its own head. */
const outcomeOf = ({ delivery, event, lane: { number } }: Job) =>
  JobOutcome.cases.Reviewed.make({
    headSha: event._tag === "Lifecycle" ? event.headSha : shaOf(`head ${delivery}`),
    findings: number % 7,
    url: `https://github.com/acme/api/pull/${number}#pullrequestreview-${2_000_000_000 + number}`,
    alreadyPosted: false,
    usage: new UsageSummary({
      provider: "anthropic",
      model: "claude-sonnet-4-5-20250929",
      usage: new Usage({ input: 12_345 + number, output: 2345, cacheRead: 123_456, cacheWrite: 12_345 }),
      costUsd: 0.012_345,
      calls: 12
    })
  })

redisSuite("the room that jobs take in Redis", () => {
  it.live("a process that comes to a full Redis can look into the queue", () =>
    Effect.gen(function*() {
      const redis = yield* start({ aof: false })
      const job = mention(laneOf(1), "a")
      yield* Effect.provide(JobQueue.use(({ offer }) => offer(job)), queueAt(redis))
      yield* redis.command("config", "set", "maxmemory", 1)
      const found = yield* Effect.provide(JobRecords.use(({ list }) => list({ limit: 5 })), queueAt(redis))
      assert.deepStrictEqual(found.map(({ id }) => id), [job.id])
    }))

  it.live(
    "an ended job takes 300 bytes in all, with its outcome and its cost; a full Redis takes nothing more but lets jobs end",
    () =>
      Effect.gen(function*() {
        const all = makeJobs(warming + jobs)
        const redis = yield* start({ aof: false })
        const context = yield* Layer.build(queueAt(redis))
        const { find, list } = Context.get(context, JobRecords)
        const { offer, settle, take } = Context.get(context, JobQueue)
        const { check } = Context.get(context, QueueAdmin)
        const end = Effect.fnUntraced(function*(job: Job) {
          const lease = Option.getOrThrow(yield* take(job.lane))
          assert.isTrue(yield* settle(lease, Settlement.cases.Done.make({ outcome: outcomeOf(job) })))
        })
        yield* Effect.forEach(all.slice(0, warming), (job) => Effect.andThen(offer(job), end(job)), {
          concurrency: 50,
          discard: true
        })
        const measured = all.slice(warming)
        const before = { memory: yield* used(redis), keys: yield* sizeOfKeys(redis) }
        yield* Effect.forEach(measured, offer, { concurrency: 50, discard: true })
        const waiting = ((yield* used(redis)) - before.memory) / jobs

        yield* redis.command("config", "set", "maxmemory", 1)
        assert.strictEqual((yield* Effect.flip(check)).reason, "full")
        assert.strictEqual((yield* Effect.flip(offer(mention(laneOf(99_999), "more")))).reason, "full")
        yield* Effect.forEach(measured, end, { concurrency: 50, discard: true })
        yield* redis.command("config", "set", "maxmemory", 0)

        const ended = {
          memory: ((yield* used(redis)) - before.memory) / jobs,
          keys: ((yield* sizeOfKeys(redis)) - before.keys) / jobs
        }
        yield* Effect.logInfo(
          `${Math.round(waiting)} bytes of Redis for a waiting job; for one that has ended ${
            Math.round(ended.memory)
          }, ` +
            `and ${Math.round(ended.keys)} by its keys`
        )
        assert.isAtMost(ended.memory, 300)
        assert.isAtMost(ended.keys, 300)
        for (const job of [all[0], all.at(-1)]) {
          const record = Option.getOrThrow(job === undefined ? Option.none() : yield* find(job.id))
          assert.deepStrictEqual(record.outcome, Option.map(Option.fromUndefinedOr(job), outcomeOf))
          assert.deepStrictEqual([record.delivery, record.job], [job?.delivery, Option.none()])
        }
        const newest = yield* list({ limit: 50 })
        assert.deepStrictEqual(newest.map(({ id }) => id), all.slice(-50).reverse().map(({ id }) => id))
      })
  )
})
