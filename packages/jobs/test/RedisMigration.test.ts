import { NodeServices } from "@effect/platform-node"
import { assert, it } from "@effect/vitest"
import { Job } from "@nominal-code/domain/job/Job"
import { keysIn, SigningKeys } from "@nominal-code/domain/job/JobSignature"
import { laneKey } from "@nominal-code/domain/job/Lane"
import { JobQueue } from "@nominal-code/jobs/JobQueue"
import { JobRecords } from "@nominal-code/jobs/JobRecords"
import { QueueAdmin } from "@nominal-code/jobs/QueueAdmin"
import * as RedisQueue from "@nominal-code/jobs/redis/RedisQueue"
import * as Redis from "@nominal-code/persistence/Redis"
import type { StoreError } from "@nominal-code/persistence/StoreError"
import { laneOf, mention } from "@nominal-code/testing/Jobs"
import { done, storeIn } from "@nominal-code/testing/QueueSteps"
import { type RedisServer, redisSuite, shared } from "@nominal-code/testing/RedisServer"
import { Context, Effect, Layer, Logger, Option, Redacted, Schedule, Schema } from "effect"
import { TestClock } from "effect/testing"

const encode = Schema.encodeSync(Schema.fromJsonString(Schema.Struct({ version: Schema.Literal(1), job: Job })))
const lane = laneOf(1)
const key = `{nc}:queue:${laneKey(lane)}`

/** Writes a job as version 0.1 did. */
const put = Effect.fnUntraced(function*(
  { command }: RedisServer,
  job: Job,
  position: number,
  { due = 0, state = "waiting" }: { readonly state?: string; readonly due?: number } = {}
) {
  const fields = {
    lane: laneKey(job.lane),
    lifecycle: 0,
    state,
    position,
    attempts: 0,
    earlier: 0,
    losses: 0,
    due,
    epoch: 0,
    ended: 0,
    call: "c",
    reason: "",
    delivery: job.delivery,
    payload: encode({ version: 1, job })
  }
  yield* command("hset", `{nc}:job:${job.id}`, ...Object.entries(fields).flat())
  yield* command("rpush", key, job.id)
  yield* command("zadd", `{nc}:is:${state}`, position, job.id)
  yield* command("zadd", "{nc}:due", position, laneKey(job.lane))
  yield* command("set", "{nc}:tick", position)
})

const open = (server: RedisServer, keys: typeof SigningKeys.Service = []) =>
  Effect.map(
    Layer.build(
      Layer.fresh(RedisQueue.layer).pipe(
        Layer.provide([
          Layer.fresh(Redis.layer(server.url)),
          NodeServices.layer,
          Layer.succeed(SigningKeys, keys)
        ])
      )
    ),
    (context) => storeIn(Context.pick(JobQueue, JobRecords, QueueAdmin)(context))
  )

redisSuite("a Redis with the queue of version 0.1", () => {
  const server = shared({ aof: false })
  const empty = Effect.tap(server, ({ command }) => command("flushall"))

  it.live("its waiting jobs are taken over in their order, once, however many servers start", () =>
    Effect.gen(function*() {
      const redis = yield* empty
      const jobs = ["a", "b", "c"].map((delivery) => mention(lane, delivery))
      for (const [index, job] of jobs.entries()) yield* put(redis, job, 1_000 + index)
      const [here, there] = yield* Effect.all([open(redis), open(redis)], { concurrency: 2 })
      const ran: Array<string> = []
      for (const { settle, take } of [here, there, here]) {
        const lease = Option.getOrThrow(yield* take(lane))
        ran.push(lease.job.delivery)
        assert.isTrue(yield* settle(lease, done))
      }
      assert.deepStrictEqual(ran, ["a", "b", "c"])
      assert.deepStrictEqual(yield* there.take(lane), Option.none())
      const left = String(yield* redis.command("keys", "{nc}:*")).split(",").sort()
      for (const name of left) assert.isAbove(Number(yield* redis.command("ttl", name)), 0, name)
    }))

  it.live("a job that its older server runs is left to it until its lease has run out", () =>
    Effect.gen(function*() {
      const redis = yield* empty
      const job = mention(lane, "a")
      yield* put(redis, job, 1_000, { state: "running", due: 9_999_999_999_999 })
      const queue = yield* open(redis)
      assert.deepStrictEqual(yield* queue.find(job.id), Option.none())
      yield* redis.command("hset", `{nc}:job:${job.id}`, "due", 1)
      const next = yield* open(redis)
      yield* Effect.repeat(next.find(job.id), { schedule: Schedule.spaced("20 millis"), until: Option.isSome })
      assert.strictEqual(Option.getOrThrow(yield* next.take(lane)).job.id, job.id)
    }))

  it.live("a job that was on its way when its server died is taken over by the next", () =>
    Effect.gen(function*() {
      const redis = yield* empty
      const job = mention(lane, "a")
      yield* put(redis, job, 1_000)
      yield* redis.command("sadd", "{nc}:moving", job.id)
      yield* redis.command("zrem", "{nc}:is:waiting", job.id)
      const queue = yield* open(redis)
      assert.strictEqual(Option.getOrThrow(yield* queue.take(lane)).job.id, job.id)
      assert.strictEqual(yield* redis.command("exists", "{nc}:moving"), 0)
    }))

  const keys = keysIn(Redacted.make("the-key-of-the-servers-and-of-nobody-else"))
  const later = (done: Effect.Effect<boolean, StoreError>) =>
    Effect.repeat(
      TestClock.adjust("1 minute").pipe(
        Effect.andThen(TestClock.withLive(Effect.sleep("20 millis"))),
        Effect.andThen(done)
      ),
      { until: (is) => is }
    )

  it.effect("its first job, stored after the first server with a signing key has started, is taken over and signed", () =>
    Effect.gen(function*() {
      const redis = yield* empty
      const queue = yield* open(redis, keys)
      yield* queue.claimKeys
      const job = mention(lane, "a")
      yield* put(redis, job, 1_000)
      yield* later(Effect.map(queue.find(job.id), Option.isSome))
      const { isForged } = Option.getOrThrow(yield* queue.take(lane))
      assert.isFalse(isForged)
    }))

  it.effect("what turns up there where the jobs are signed is told to the log, and taken over by the next start", () =>
    Effect.gen(function*() {
      const redis = yield* empty
      yield* Effect.scoped(Effect.flatMap(open(redis, keys), ({ claimKeys }) => claimKeys))
      const logged: Array<string> = []
      const logger = Logger.make(({ logLevel, message }) => {
        if (logLevel === "Error") logged.push(String(message))
      })
      const queue = yield* Effect.provide(open(redis, keys), Logger.layer([logger]))
      const job = mention(lane, "a")
      yield* put(redis, job, 1_000)
      yield* later(Effect.sync(() => logged.length > 0))
      assert.match(logged.join(), /^jobs of version 0\.1, such as \w+, have turned up in Redis .* start this one again/)
      assert.deepStrictEqual(yield* queue.find(job.id), Option.none())
      const next = yield* open(redis, keys)
      assert.isFalse(Option.getOrThrow(yield* next.take(lane)).isForged)
    }))
})
