import type { JobId } from "@nominal-code/domain/job/Job"
import type { Redis } from "@nominal-code/persistence/Redis"
import { Effect, Option } from "effect"
import { allShards } from "./RedisKeys.ts"
import { makeLocate } from "./RedisLocate.ts"
import * as RedisShards from "./RedisShards.ts"

/** True if a run is the present or the next one of its job. Any run of an unknown job is. */
export const isCurrent = Effect.fnUntraced(function*(redis: Redis["Service"], id: JobId, run: number) {
  const locate = yield* makeLocate(redis, allShards(yield* RedisShards.stored(redis)))
  const found = yield* locate(id)
  return Option.match(found, {
    onNone: () => true,
    onSome: ({ row: { attempts, earlier, state, stop } }) => {
      if (state === "running") return stop === null && attempts + earlier === run
      return state === "waiting" && attempts + earlier + 1 === run
    }
  })
})
