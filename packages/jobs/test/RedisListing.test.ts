import { NodeServices } from "@effect/platform-node"
import { assert, it } from "@effect/vitest"
import type { Job } from "@nominal-code/domain/job/Job"
import type { JobRecord, JobState } from "@nominal-code/jobs/JobRecords"
import * as RedisQueue from "@nominal-code/jobs/redis/RedisQueue"
import { RedisShards } from "@nominal-code/jobs/redis/RedisShards"
import * as Redis from "@nominal-code/persistence/Redis"
import { mention, push } from "@nominal-code/testing/Jobs"
import { done, type Store, storeIn } from "@nominal-code/testing/QueueSteps"
import { type RedisServer, redisSuite, start } from "@nominal-code/testing/RedisServer"
import { Effect, Layer, Option } from "effect"
import { laneIn } from "./ShardedLanes.ts"

const shards = 2
const limit = 20

const processAt = ({ url }: RedisServer) =>
  Effect.map(
    Layer.build(
      Layer.fresh(RedisQueue.layer).pipe(Layer.provide([
        Layer.fresh(Redis.layer(url)),
        NodeServices.layer,
        Layer.succeed(RedisShards, Option.some(shards))
      ]))
    ),
    storeIn
  )

/** Counts the commands that an effect sends: the least of three times, for the queue sends some at intervals, too. */
const counting = Effect.fnUntraced(function*<A, E, R>({ command }: RedisServer, effect: Effect.Effect<A, E, R>) {
  const commands = Effect.map(
    command("info", "stats"),
    (info) => Number(/total_commands_processed:(\d+)/.exec(String(info))?.[1])
  )
  const once = Effect.gen(function*() {
    const before = yield* commands
    const value = yield* effect
    return { value, commands: (yield* commands) - before }
  })
  const [first, ...more] = [yield* once, yield* once, yield* once]
  return { ...first, commands: Math.min(first.commands, ...more.map(({ commands }) => commands)) }
})

const lane = (number: number) => laneIn(number % shards, shards, number)
const numbers = (from: number, count: number) => Array.from({ length: count }, (_, index) => from + index)

/** All of a state, page by page. */
const allOf = Effect.fnUntraced(function*({ list }: Store, state: JobState) {
  const records: Array<JobRecord> = []
  let before = Infinity
  for (;;) {
    const page = yield* list(before === Infinity ? { limit, state } : { limit, state, before })
    records.push(...page)
    const last = page.at(-1)
    if (last === undefined) return records
    before = last.position
  }
})

redisSuite("lists of what has ended in Redis", () => {
  it.live(
    "cost as many commands as they show, whatever else came before and after, and page by page name everything once",
    () =>
      Effect.gen(function*() {
        const redis = yield* start({ aof: false })
        const queue = yield* processAt(redis)
        const end = (job: Job) =>
          Effect.flatMap(queue.take(job.lane), (lease) => queue.settle(Option.getOrThrow(lease), done))
        const jobs = numbers(1, 150).map((number) => mention(lane(number), `done ${number}`))
        yield* Effect.forEach(jobs, queue.offer)
        // They end in another order than they came in.
        const shuffled = jobs.toSorted((a, b) => a.id < b.id ? -1 : 1)
        yield* Effect.forEach(shuffled, end, { concurrency: 8, discard: true })
        const replaced = numbers(1_000, 60).map((number) => push(lane(number), `replaced ${number}`))
        yield* Effect.forEach(replaced, queue.offer)
        yield* Effect.forEach(replaced, (job) => queue.offer(push(job.lane, `for ${job.id}`)), { concurrency: 8 })
        yield* Effect.forEach(numbers(2_000, 2_000), (number) => queue.offer(mention(lane(number), `${number}`)), {
          concurrency: 50,
          discard: true
        })

        for (const [state, all] of [["done", jobs], ["superseded", replaced]] as const) {
          const first = yield* counting(redis, queue.list({ limit, state }))
          // Of each shard an index and as many records; and the time, and who asks for the count.
          assert.isAtMost(first.commands, shards * (limit + 2) + 2, state)
          const records = yield* allOf(queue, state)
          assert.deepStrictEqual(first.value, records.slice(0, limit))
          assert.deepStrictEqual(records, records.toSorted((a, b) => b.position - a.position))
          assert.deepStrictEqual(records.map(({ id }) => id).toSorted(), all.map(({ id }) => id).toSorted())
        }
        const mixed = yield* counting(redis, queue.list({ limit }))
        assert.strictEqual(mixed.value.length, limit)
        assert.isAtMost(mixed.commands, shards * (limit + 6) + 2)
      })
  )
})
