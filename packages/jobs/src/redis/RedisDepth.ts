import type { Redis } from "@nominal-code/persistence/Redis"
import type { StoreError } from "@nominal-code/persistence/StoreError"
import { Effect, Option, Result, Schema } from "effect"
import type { Depth } from "../JobRecords.ts"
import type { ShardKeys } from "./RedisKeys.ts"
import { Fields, foundRow } from "./RedisRow.ts"

const Strings = Schema.Array(Schema.String)

/** Makes the count of the jobs in all shards, at the time of the store. */
export const makeDepth = (
  redis: Redis["Service"],
  all: ReadonlyArray<ShardKeys>,
  now: Effect.Effect<number, StoreError>
) => {
  const count = (index: string) => redis.send("JobRecords.depth", Schema.Int, ["zcard", index])

  const waitingSince = Effect.fnUntraced(function*(keys: ShardKeys) {
    const [id] = yield* redis.send("JobRecords.depth", Strings, ["zrange", keys.waiting, 0, 0])
    if (id === undefined) return Infinity
    const found = yield* Effect.catchIf(
      redis.send("JobRecords.depth", Fields, ["hgetall", keys.job(id)]),
      ({ reason }) => reason === "failed",
      () => Effect.succeed({})
    )
    const row = Option.flatMap(foundRow(id, found), Result.getSuccess)
    return Option.match(row, { onNone: () => Infinity, onSome: ({ row }) => row.since })
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

  return Effect.gen(function*(): Effect.fn.Return<Depth, StoreError> {
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
}
