import { Platform } from "@nominal-code/domain/event/PullRequest"
import { type DeliveryId, type JobId, jobIdOfDelivery } from "@nominal-code/domain/job/Job"
import type { Redis } from "@nominal-code/persistence/Redis"
import { RedisTime } from "@nominal-code/persistence/RedisTime"
import { Array, Duration, Effect, Option, Schema } from "effect"
import { QueueLimits } from "../JobQueue.ts"
import type { Page } from "../table/JobTable.ts"
import { recordOf, whenReadable } from "../table/TableRecords.ts"
import { makeDepth } from "./RedisDepth.ts"
import { allShards, type ShardKeys } from "./RedisKeys.ts"
import { storeTime } from "./RedisLane.ts"
import { makeListing } from "./RedisListing.ts"
import { makeLocate } from "./RedisLocate.ts"
import * as RedisShards from "./RedisShards.ts"

const decodePlatform = Schema.decodeUnknownOption(Platform)

/** Records of the queue, but for what only its lanes know. Reads are not atomic: a concurrent change may or may not be seen. */
export const make = Effect.fnUntraced(function*(redis: Redis["Service"], all: ReadonlyArray<ShardKeys>) {
  const retentionMillis = Duration.toMillis((yield* QueueLimits).retention)
  const time = yield* RedisTime
  const now = Effect.provideService(storeTime(redis), RedisTime, time)
  const locate = yield* makeLocate(redis, all)
  const { listIn, oldestIn } = makeListing(redis)
  const depth = makeDepth(redis, all, now)

  const find = Effect.fn("JobRecords.find")((id: JobId) =>
    Effect.flatMap(
      Effect.map(locate(id), Option.map(({ payload, row }) => recordOf(row, payload))),
      whenReadable("JobRecords.find")
    )
  )

  const list = Effect.fn("JobRecords.list")(function*(page: Page) {
    const oldest = (yield* now) - retentionMillis
    const found = yield* Effect.forEach(all, (keys) => listIn(keys, page, oldest), { concurrency: all.length })
    const records = found.flatMap(({ records }) => records).sort((a, b) => b.position - a.position)
    const listed = records.slice(0, page.limit)
    const end = records.length > listed.length ? listed.at(-1)?.position ?? 0 : 0
    for (const job of found.flatMap(({ unreadable }) => unreadable)) {
      // Those behind the page belong to the next one.
      if (job.position >= end) page.onUnreadable?.(job)
    }
    return listed
  })

  const oldestWaiting = Effect.fn("JobRecords.oldestWaiting")(function*(limit: number) {
    const found = yield* Effect.forEach(all, (keys) => oldestIn(keys, limit), { concurrency: all.length })
    const rows = Array.getSuccesses(found.flat().flatMap(Option.toArray))
    const waiting = rows.filter(({ row }) => row.state === "waiting")
    return Array.getSuccesses(waiting.map(({ payload, row }) => recordOf(row, payload)))
      .sort((a, b) => a.position - b.position)
      .slice(0, limit)
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
