import { Platform } from "@nominal-code/domain/event/PullRequest"
import { type DeliveryId, type JobId, jobIdOfDelivery } from "@nominal-code/domain/job/Job"
import type { Redis } from "@nominal-code/persistence/Redis"
import { RedisTime } from "@nominal-code/persistence/RedisTime"
import type { StoreError } from "@nominal-code/persistence/StoreError"
import { Duration, Effect, Option, Schema } from "effect"
import { QueueLimits } from "../JobQueue.ts"
import { type Depth, type JobRecord, JobState } from "../JobRecords.ts"
import type { Page } from "../table/JobTable.ts"
import { recordOf } from "../table/TableRecords.ts"
import { allShards, daysOf, type EndedKeys, type ShardKeys, shortId } from "./RedisKeys.ts"
import { storeTime } from "./RedisLane.ts"
import * as RedisPortions from "./RedisPortions.ts"
import { endedOf, Fields, rowOf, type StoredRow } from "./RedisRow.ts"
import * as RedisShards from "./RedisShards.ts"

const Strings = Schema.Array(Schema.String)
const Place = Schema.NullOr(Schema.FiniteFromString)
const Bytes = Schema.NullOr(Schema.String)
const decodePlatform = Schema.decodeUnknownOption(Platform)

/** Position of a job, and the effect that reads it. */
interface ListedJob {
  readonly position: number
  readonly row: Effect.Effect<Option.Option<StoredRow>, StoreError>
}

/** Maximum number of records that are read for one look at the indexes. */
const readPageSize = 200
const atOnce = 50

/** Reads the record at a place in the list of a day; none if it has expired. */
const recordAt = (redis: Redis["Service"], operation: string, list: string, place: number) =>
  Effect.map(
    redis.send(operation, Bytes, ["lindex", list, place], "bytes"),
    (record) => Option.flatMap(Option.fromNullOr(record), endedOf)
  )

const livingAt = (redis: Redis["Service"], operation: string, keys: ShardKeys, id: string) =>
  Effect.map(redis.send(operation, Fields, ["hgetall", keys.job(id)]), (found) => rowOf(id, found))

/** Finds a job that ended on a day. */
const endedOn = Effect.fnUntraced(function*(redis: Redis["Service"], { ids, records }: EndedKeys, id: string) {
  const place = yield* redis.send("JobRecords.find", Place, ["hget", ids(shortId(id)), shortId(id)])
  return place === null ? Option.none() : yield* recordAt(redis, "JobRecords.find", records, place)
})

/** Makes a search for a job in all shards. It finds none that is forgotten. */
export const makeLocate = Effect.fnUntraced(function*(redis: Redis["Service"], all: ReadonlyArray<ShardKeys>) {
  const retentionMillis = Duration.toMillis((yield* QueueLimits).retention)
  const time = yield* RedisTime
  return Effect.fnUntraced(function*(id: string): Effect.fn.Return<Option.Option<StoredRow>, StoreError> {
    const now = yield* Effect.provideService(storeTime(redis), RedisTime, time)
    const reads = all.flatMap((keys) => [
      livingAt(redis, "JobRecords.find", keys, id),
      ...daysOf(now, retentionMillis).map((day) => endedOn(redis, keys.ended(day), id))
    ])
    const found = yield* Effect.all(reads, { concurrency: reads.length })
    return Option.filter(Option.firstSomeOf(found), ({ row }) => (row.endedAt ?? Infinity) >= now - retentionMillis)
  })
})

/** Records of the queue, but for what only its lanes know. Reads are not atomic: a concurrent change may or may not be seen. */
export const make = Effect.fnUntraced(function*(redis: Redis["Service"], all: ReadonlyArray<ShardKeys>) {
  const retentionMillis = Duration.toMillis((yield* QueueLimits).retention)
  const time = yield* RedisTime
  const now = Effect.provideService(storeTime(redis), RedisTime, time)
  const locate = yield* makeLocate(redis, all)

  const find = Effect.fn("JobRecords.find")((id: JobId) =>
    Effect.map(locate(id), Option.map(({ payload, row }) => recordOf(row, payload)))
  )

  const newest = (index: string, before: number, limit: number) =>
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
    ])

  /** Lists the newest of a shard's jobs that may still run. */
  const living = (keys: ShardKeys, state: "waiting" | "running" | "parked", before: number, limit: number) =>
    Effect.map(
      newest(keys[state], before, limit),
      (flat) =>
        flat.flatMap((id, at): ReadonlyArray<ListedJob> =>
          at % 2 === 0
            ? [{ position: Number(flat[at + 1]), row: livingAt(redis, "JobRecords.list", keys, id) }]
            : []
        )
    )

  /** Lists the newest of a shard's jobs that have ended: some portions, and more where they were short. */
  const ended = Effect.fnUntraced(
    function*(keys: ShardKeys, state: "done" | "superseded", before: number, limit: number) {
      const listed: Array<ListedJob> = []
      const wanted = Math.ceil(limit / RedisPortions.half) + 1
      let at = before
      while (listed.length < limit) {
        const flat = yield* newest(keys[state], at, wanted)
        const entries = flat.flatMap((text, index) => index % 2 === 0 ? RedisPortions.entriesOf(text) : [])
        for (const { day, place, position } of entries.sort((a, b) => b.position - a.position)) {
          if (position >= at) continue
          listed.push({ position, row: recordAt(redis, "JobRecords.list", keys.ended(day).records, place) })
        }
        if (flat.length < 2 * wanted) break
        at = Math.min(at, ...entries.map(({ position }) => position))
      }
      return listed.slice(0, limit)
    }
  )

  /** Lists the newest jobs of a shard. Older ones make up for those that have expired or changed meanwhile. */
  const listIn = Effect.fnUntraced(function*(
    keys: ShardKeys,
    { before = Infinity, limit, state }: Page,
    oldest: number
  ): Effect.fn.Return<ReadonlyArray<JobRecord>, StoreError> {
    const records = new Map<string, JobRecord>()
    let at = before
    for (;;) {
      const many = Math.min(limit - records.size, readPageSize)
      const parts = yield* Effect.forEach(
        state === undefined ? JobState.literals : [state],
        (one) => one === "done" || one === "superseded" ? ended(keys, one, at, many) : living(keys, one, at, many),
        { concurrency: JobState.literals.length }
      )
      const page = parts.flat().sort((a, b) => b.position - a.position).slice(0, many)
      const found = yield* Effect.forEach(page, ({ row }) => row, { concurrency: atOnce })
      for (const { payload, row } of found.flatMap(Option.toArray)) {
        if ((row.endedAt ?? Infinity) < oldest || (state !== undefined && row.state !== state)) continue
        records.set(row.id, recordOf(row, payload))
      }
      const last = page.at(-1)
      if (last === undefined || page.length < many || records.size >= limit) return [...records.values()]
      at = last.position
    }
  })

  const list = Effect.fn("JobRecords.list")(function*(page: Page) {
    const oldest = (yield* now) - retentionMillis
    const found = yield* Effect.forEach(all, (keys) => listIn(keys, page, oldest), { concurrency: all.length })
    return found.flat().sort((a, b) => b.position - a.position).slice(0, page.limit)
  })

  const oldestIn = (keys: ShardKeys, limit: number) =>
    Effect.flatMap(
      redis.send("JobRecords.oldestWaiting", Strings, ["zrange", keys.waiting, 0, limit - 1]),
      Effect.forEach((id) => livingAt(redis, "JobRecords.oldestWaiting", keys, id), { concurrency: atOnce })
    )

  const oldestWaiting = Effect.fn("JobRecords.oldestWaiting")(function*(limit: number) {
    const found = yield* Effect.forEach(all, (keys) => oldestIn(keys, limit), { concurrency: all.length })
    return found.flat().flatMap(Option.toArray)
      .filter(({ row }) => row.state === "waiting")
      .map(({ payload, row }) => recordOf(row, payload))
      .sort((a, b) => a.position - b.position)
      .slice(0, limit)
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

  return { find, list, oldestWaiting, depth, jobOfDelivery }
})

/** The records of the queue that a Redis holds. */
export const open = Effect.fnUntraced(function*(redis: Redis["Service"]) {
  return yield* make(redis, allShards(yield* RedisShards.stored(redis)))
})
