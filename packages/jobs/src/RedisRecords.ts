import { type DeliveryId, JobId, jobIdOfDelivery } from "@nominal-code/domain/Job"
import { Platform } from "@nominal-code/domain/PullRequest"
import type { Redis } from "@nominal-code/persistence/Redis"
import type { StoreError } from "@nominal-code/persistence/StoreError"
import { Duration, Effect, Option, Schema } from "effect"
import { QueueLimits } from "./JobQueue.ts"
import { type Depth, type JobRecord, JobRecords } from "./JobRecords.ts"
import type { Page } from "./JobTable.ts"
import { allShards, type ShardKeys } from "./RedisKeys.ts"
import { RedisTime, storeTime } from "./RedisLane.ts"
import { Fields, rowOf, type StoredRow } from "./RedisRow.ts"
import * as RedisShards from "./RedisShards.ts"
import { recordOf } from "./TableRecords.ts"

const Strings = Schema.Array(Schema.String)
const Entries = Schema.Array(Schema.Tuple([Schema.String, Schema.Tuple([Schema.String, Schema.String])]))
const decodePlatform = Schema.decodeUnknownOption(Platform)
const decodeId = Schema.decodeUnknownOption(JobId)

/** Position and id of a job. */
type Place = readonly [position: number, id: JobId]

const place = (position: number, id: string): ReadonlyArray<Place> =>
  Option.match(decodeId(id), { onNone: () => [], onSome: (id) => [[position, id]] })

/** Page size of reads that skip some jobs. */
const readPageSize = 200
const atOnce = 50

/** Finds a job in any shard. */
export const locate = (
  redis: Redis["Service"],
  all: ReadonlyArray<ShardKeys>,
  id: string
): Effect.Effect<Option.Option<StoredRow>, StoreError> =>
  Effect.forEach(
    all,
    ({ job }) => Effect.map(redis.send("JobRecords.find", Fields, ["hgetall", job(id)]), (found) => rowOf(id, found)),
    { concurrency: all.length }
  ).pipe(Effect.map(Option.firstSomeOf))

/** Records of the queue. Reads are not atomic: a concurrent change may or may not be seen. */
export const make = Effect.fnUntraced(function*(redis: Redis["Service"], all: ReadonlyArray<ShardKeys>) {
  const retentionMillis = Duration.toMillis((yield* QueueLimits).retention)
  const time = yield* RedisTime
  const now = Effect.provideService(storeTime(redis), RedisTime, time)

  const find = Effect.fn("JobRecords.find")(function*(id: JobId) {
    const found = yield* locate(redis, all, id)
    const oldest = (yield* now) - retentionMillis
    return Option.map(
      Option.filter(found, ({ row }) => (row.endedAt ?? Infinity) >= oldest),
      ({ payload, row }) => recordOf(row, payload)
    )
  })

  /** Positions of a shard's jobs in an index, newest first. */
  const indexed = (index: string, before: number, limit: number) =>
    Effect.map(
      redis.send("JobRecords.list", Strings, [
        "zrange",
        index,
        before === Infinity ? "+inf" : `(${before}`,
        "-inf",
        "byscore",
        "rev",
        "limit",
        0,
        limit,
        "withscores"
      ]),
      (flat) => flat.flatMap((id, at) => at % 2 === 0 ? place(Number(flat[at + 1]), id) : [])
    )

  /** Positions of all jobs in the log. A job that was queued again has an older position here, too. */
  const logged = (log: string, before: number, limit: number) =>
    Effect.map(
      redis.send("JobRecords.list", Entries, [
        "xrevrange",
        log,
        before === Infinity ? "+" : `(${before}-0`,
        "-",
        "count",
        limit
      ]),
      (entries) => entries.flatMap(([at, [, id]]) => place(Number(at.split("-")[0]), id))
    )

  const recordAt = (keys: ShardKeys, [position, id]: Place, oldest: number) =>
    Effect.map(
      redis.send("JobRecords.list", Fields, ["hgetall", keys.job(id)]),
      (found) =>
        Option.filter(
          rowOf(id, found),
          ({ row }) => row.position === position && (row.endedAt ?? Infinity) >= oldest
        )
    )

  /** Newest jobs of a shard. */
  const listIn = Effect.fnUntraced(function*(
    keys: ShardKeys,
    { before = Infinity, limit, state }: Page,
    oldest: number
  ): Effect.fn.Return<ReadonlyArray<JobRecord>, StoreError> {
    const places = state === undefined || state === "done" || state === "superseded"
      ? (at: number) => logged(keys.log, at, readPageSize)
      : (at: number) => indexed(keys[state], at, readPageSize)
    const records: Array<JobRecord> = []
    let at = before
    for (;;) {
      const page = yield* places(at)
      const found = yield* Effect.forEach(page, (one) => recordAt(keys, one, oldest), { concurrency: atOnce })
      for (const { payload, row } of found.flatMap(Option.toArray)) {
        if (state === undefined || row.state === state) records.push(recordOf(row, payload))
      }
      const [last] = page.at(-1) ?? []
      if (last === undefined || page.length < readPageSize || records.length >= limit) return records.slice(0, limit)
      at = last
    }
  })

  const list = Effect.fn("JobRecords.list")(function*(page: Page) {
    const oldest = (yield* now) - retentionMillis
    const found = yield* Effect.forEach(all, (keys) => listIn(keys, page, oldest), { concurrency: all.length })
    return found.flat().sort((a, b) => b.position - a.position).slice(0, page.limit)
  })

  const count = (index: string) => redis.send("JobRecords.depth", Schema.Int, ["zcard", index])

  const waitingSince = Effect.fnUntraced(function*(keys: ShardKeys) {
    const [id] = yield* redis.send("JobRecords.depth", Strings, ["zrange", keys.waiting, 0, 0])
    if (id === undefined) return Infinity
    const found = yield* redis.send("JobRecords.depth", Fields, ["hgetall", keys.job(id)])
    return Option.match(rowOf(id, found), { onNone: () => Infinity, onSome: ({ row }) => row.since })
  })

  const depthOf = (keys: ShardKeys) =>
    Effect.all(
      {
        waiting: count(keys.waiting),
        running: count(keys.running),
        parked: count(keys.parked),
        since: waitingSince(keys)
      },
      { concurrency: 4 }
    )

  const depth = Effect.gen(function*(): Effect.fn.Return<Depth, StoreError> {
    const parts = yield* Effect.forEach(all, depthOf, { concurrency: all.length })
    const since = Math.min(...parts.map((part) => part.since))
    const sum = (of: "waiting" | "running" | "parked") => parts.reduce((total, part) => total + part[of], 0)
    return {
      waiting: sum("waiting"),
      running: sum("running"),
      parked: sum("parked"),
      oldestWaitMillis: since === Infinity ? 0 : Math.max(0, (yield* now) - since)
    }
  })

  const jobOfDelivery = Effect.fn("JobRecords.jobOfDelivery")(function*(platform: string, delivery: DeliveryId) {
    const forge = decodePlatform(platform)
    if (Option.isNone(forge)) return Option.none()
    const id = jobIdOfDelivery(forge.value, delivery)
    return Option.map(yield* find(id), () => id)
  })

  return JobRecords.of({ find, list, depth, jobOfDelivery })
})

/** The records of the queue that a Redis holds. */
export const open = Effect.fnUntraced(function*(redis: Redis["Service"]) {
  return yield* make(redis, allShards(yield* RedisShards.stored(redis)))
})
