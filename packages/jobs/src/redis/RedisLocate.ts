import type { Redis } from "@nominal-code/persistence/Redis"
import { RedisTime } from "@nominal-code/persistence/RedisTime"
import type { StoreError } from "@nominal-code/persistence/StoreError"
import { Duration, Effect, Option, Schema } from "effect"
import { QueueLimits } from "../JobQueue.ts"
import { daysOf, type EndedKeys, type ShardKeys, shortId } from "./RedisKeys.ts"
import { storeTime } from "./RedisLane.ts"
import { endedOf, Fields, rowOf, type StoredRow } from "./RedisRow.ts"

const Place = Schema.NullOr(Schema.FiniteFromString)
const Bytes = Schema.NullOr(Schema.String)

/** Reads the record at a place in the list of a day; none if it has expired. */
export const recordAt = (redis: Redis["Service"], operation: string, list: string, place: number) =>
  Effect.map(
    redis.send(operation, Bytes, ["lindex", list, place], "bytes"),
    (record) => Option.flatMap(Option.fromNullOr(record), endedOf)
  )

/** Reads the record of a job that may still run; none if it may not. */
export const livingAt = (redis: Redis["Service"], operation: string, keys: ShardKeys, id: string) =>
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
