import { Redis } from "@nominal-code/persistence/Redis"
import { retryAtStart } from "@nominal-code/persistence/RedisStart"
import { Context, Duration, Effect, Layer } from "effect"
import { JobQueue, QueueLimits } from "../JobQueue.ts"
import { JobRecords } from "../JobRecords.ts"
import { QueueAdmin } from "../QueueAdmin.ts"
import * as RedisAdmin from "./RedisAdmin.ts"
import * as RedisForget from "./RedisForget.ts"
import { allShards } from "./RedisKeys.ts"
import * as RedisLane from "./RedisLane.ts"
import * as RedisLaneRecords from "./RedisLaneRecords.ts"
import * as RedisLeases from "./RedisLeases.ts"
import * as RedisMigration from "./RedisMigration.ts"
import * as RedisOffers from "./RedisOffers.ts"
import * as RedisReadyLanes from "./RedisReadyLanes.ts"
import * as RedisRecords from "./RedisRecords.ts"
import * as RedisShards from "./RedisShards.ts"
import * as RedisShortenWaits from "./RedisShortenWaits.ts"
import * as RedisSigners from "./RedisSigners.ts"

const make = Effect.gen(function*() {
  const redis = yield* Redis
  const { leaseDuration, retention } = yield* QueueLimits
  const all = allShards(yield* retryAtStart(RedisShards.claim(redis)))
  const lanes = yield* RedisLane.make(all)
  const records = yield* RedisRecords.make(redis, all)
  const signers = yield* RedisSigners.make(all, lanes)
  const shortenWaits = RedisShortenWaits.make(lanes, Duration.toMillis(leaseDuration))
  const { ready } = yield* RedisReadyLanes.make(all, shortenWaits)
  yield* RedisForget.start(all, Duration.toMillis(retention))
  const offers = yield* RedisOffers.make(lanes)
  yield* retryAtStart(RedisMigration.start(offers.offer, signers))
  const leases = yield* RedisLeases.make(lanes, signers)
  const admin = yield* RedisAdmin.make(all, lanes, signers)
  return Context.make(JobQueue, JobQueue.of({ ...offers, ...leases, ready })).pipe(
    Context.add(JobRecords, JobRecords.of({ ...records, ...RedisLaneRecords.make(redis, lanes) })),
    Context.add(QueueAdmin, admin)
  )
})

/**
 * Queue in Redis, shared by several processes. Accepted jobs survive the death of any of them and, if Redis writes to
 * its disk, of Redis.
 */
export const layer = Layer.effectContext(make)
