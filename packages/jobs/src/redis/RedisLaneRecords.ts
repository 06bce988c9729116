import type { Sha } from "@nominal-code/domain/event/PullRequest"
import type { PullRequestEvent } from "@nominal-code/domain/event/PullRequestEvent"
import { eventKeyOf, eventKeysOfHead } from "@nominal-code/domain/job/Job"
import { type Lane, laneKey } from "@nominal-code/domain/job/Lane"
import type { Redis } from "@nominal-code/persistence/Redis"
import { Effect, Schema } from "effect"
import { knowsEvent } from "../lane/Dedup.ts"
import { eventDigest } from "./RedisKeys.ts"
import type { Lanes } from "./RedisLane.ts"

/** Makes the records that only a lane has: whether a head or an event is known in it. */
export const make = (redis: Redis["Service"], { keysOf, step }: Lanes) => ({
  knowsHead: Effect.fn("JobRecords.knowsHead")(function*(lane: Lane, headSha: Sha) {
    const key = laneKey(lane)
    for (const event of eventKeysOfHead(headSha)) {
      const { value } = yield* step(
        { operation: "JobRecords.knowsHead", lane: key, event },
        (table) => knowsEvent(table, key, event)
      )
      if (value) return true
    }
    return false
  }),
  hasJob: Effect.fn("JobRecords.hasJob")(function*(lane: Lane, event: PullRequestEvent) {
    const [key, name] = [laneKey(lane), eventKeyOf(event)]
    const operation = "JobRecords.hasJob"
    const { value } = yield* step(
      { operation, lane: key, event: name },
      (table) => table.byEvent(key, name) !== undefined
    )
    const parked = keysOf(key).parkedEvent(eventDigest(key, name))
    return value || (yield* redis.send(operation, Schema.Int, ["exists", parked])) > 0
  })
})
