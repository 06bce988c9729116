import type { JobId } from "@nominal-code/domain/job/Job"
import { SigningKeys } from "@nominal-code/domain/job/JobSignature"
import { Redis } from "@nominal-code/persistence/Redis"
import { retryAtStart } from "@nominal-code/persistence/RedisStart"
import { Duration, Effect, Option, Schema } from "effect"
import { QueueLimits } from "../JobQueue.ts"
import * as LaneRequests from "../lane/LaneRequests.ts"
import { JobRequestResult, QueueAdmin } from "../QueueAdmin.ts"
import type { JobTable } from "../table/JobTable.ts"
import { daysOf, type ShardKeys } from "./RedisKeys.ts"
import { type Lanes, storeTime } from "./RedisLane.ts"
import { makeLocate } from "./RedisLocate.ts"
import type { RedisSigners } from "./RedisSigners.ts"
import * as RedisTypes from "./RedisTypes.ts"

/** Value that tests if Redis takes writes, of about a job's size. */
const probeValue = "x".repeat(1_024)

/** Makes the check of a shard: Redis takes writes, its keys have their types, and this process is one of its signers. */
const makeCheck = Effect.fnUntraced(function*(signers: RedisSigners) {
  const redis = yield* Redis
  const retentionMillis = Duration.toMillis((yield* QueueLimits).retention)
  const checkTypes = yield* RedisTypes.make
  return Effect.fnUntraced(function*(operation: string, shard: ShardKeys) {
    yield* redis.send(operation, Schema.Literal("OK"), ["set", shard.probe, probeValue, "PX", 1_000])
    yield* checkTypes(operation, shard, daysOf(yield* storeTime(redis), retentionMillis))
    yield* signers.check(operation, shard)
  })
})

/** Makes the requests of an operator about jobs and the queue. */
export const make = Effect.fnUntraced(
  function*(all: ReadonlyArray<ShardKeys>, { step }: Lanes, signers: RedisSigners) {
    const limits = yield* QueueLimits
    const keys = yield* SigningKeys
    const locate = yield* makeLocate(yield* Redis, all)
    const checkShard = yield* makeCheck(signers)

    /** Changes a job without a lease. Its lane and its event never change. */
    const handle = Effect.fnUntraced(function*(
      operation: string,
      id: JobId,
      body: (table: JobTable, now: number) => JobRequestResult
    ) {
      const found = yield* locate(id)
      if (Option.isNone(found)) return JobRequestResult.cases.Unknown.make({})
      const { event, lane } = found.value.row
      const { value } = yield* step({ operation, lane, event, ids: [id] }, body)
      return value
    })

    return QueueAdmin.of({
      retry: Effect.fn("QueueAdmin.retry")(function*(id: JobId) {
        const found = yield* locate(id)
        const lane = Option.match(found, { onNone: () => "", onSome: ({ row }) => row.lane })
        const options = { ...limits, keys, signers: yield* signers.of("QueueAdmin.retry", lane) }
        return yield* handle("QueueAdmin.retry", id, (table, now) => LaneRequests.retry(table, id, now, options))
      }),
      cancel: Effect.fn("QueueAdmin.cancel")((id: JobId) =>
        handle("QueueAdmin.cancel", id, (table, now) => LaneRequests.cancel(table, id, now))
      ),
      check: Effect.forEach(
        all,
        (shard) => checkShard("QueueAdmin.check", shard),
        { concurrency: all.length, discard: true }
      ),
      claimKeys: retryAtStart(signers.claim)
    })
  }
)
