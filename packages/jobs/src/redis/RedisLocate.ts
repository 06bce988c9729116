import type { Redis } from "@nominal-code/persistence/Redis"
import { RedisTime } from "@nominal-code/persistence/RedisTime"
import { StoreError } from "@nominal-code/persistence/StoreError"
import { Duration, Effect, Option, Result, Schema } from "effect"
import { QueueLimits } from "../JobQueue.ts"
import { unreadableText } from "../JobRecords.ts"
import { daysOf, type EndedKeys, type ShardKeys, shortId } from "./RedisKeys.ts"
import { storeTime } from "./RedisLane.ts"
import { Fields, foundEnded, foundRow, type StoredRow } from "./RedisRow.ts"

const Place = Schema.NullOr(Schema.FiniteFromString)
const Bytes = Schema.NullOr(Schema.String)

/** Reads the record at a place in the list of a day; none if it has expired. */
export const recordAt = (
  redis: Redis["Service"],
  operation: string,
  { list, place, position }: { readonly list: string; readonly place: number; readonly position?: number }
) =>
  Effect.map(
    redis.send(operation, Bytes, ["lindex", list, place], "bytes"),
    (record) => Option.flatMap(Option.fromNullOr(record), (bytes) => foundEnded(bytes, position))
  )

/** Reads the record of a job that may still run; none if it may not. */
export const livingAt = (redis: Redis["Service"], operation: string, keys: ShardKeys, id: string) =>
  Effect.map(redis.send(operation, Fields, ["hgetall", keys.job(id)]), (found) => foundRow(id, found))

/** Finds a job that ended on a day. */
const endedOn = Effect.fnUntraced(function*(redis: Redis["Service"], { ids, records }: EndedKeys, id: string) {
  const place = yield* redis.send("JobRecords.find", Place, ["hget", ids(shortId(id)), shortId(id)])
  return place === null ? Option.none() : yield* recordAt(redis, "JobRecords.find", { list: records, place })
})

/** Makes a search for a job in all shards. It finds none that is forgotten, and fails on one that cannot be read. */
export const makeLocate = Effect.fnUntraced(function*(redis: Redis["Service"], all: ReadonlyArray<ShardKeys>) {
  const retentionMillis = Duration.toMillis((yield* QueueLimits).retention)
  const time = yield* RedisTime
  return Effect.fnUntraced(function*(id: string): Effect.fn.Return<Option.Option<StoredRow>, StoreError> {
    const now = yield* Effect.provideService(storeTime(redis), RedisTime, time)
    const reads = all.flatMap((keys) => [
      livingAt(redis, "JobRecords.find", keys, id),
      ...daysOf(now, retentionMillis).map((day) => endedOn(redis, keys.ended(day), id))
    ])
    const read = yield* Effect.all(reads, { concurrency: reads.length })
    const found = yield* Effect.forEach(
      read,
      (one) =>
        Effect.transposeOption(Option.map(one, (row) =>
          Effect.fromResult(Result.mapError(row, (job) =>
            new StoreError({
              operation: "JobRecords.find",
              message: unreadableText({ ...job, id }),
              reason: "failed"
            })))))
    )
    return Option.filter(Option.firstSomeOf(found), ({ row }) => (row.endedAt ?? Infinity) >= now - retentionMillis)
  })
})
