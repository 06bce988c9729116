import { Effect, Result } from "effect"
import * as LeaseRules from "../lane/LeaseRules.ts"
import type { Lanes, Step } from "./RedisLane.ts"
import type { ShortenWaits } from "./RedisSetBack.ts"

/** Makes the repair of lanes after Redis' clock was set back. A lane that cannot be changed keeps no other from it. */
export const make = ({ stepAll }: Lanes, leaseMillis: number): ShortenWaits =>
  Effect.fnUntraced(function*(lanes, setBack) {
    const results = yield* stepAll(lanes.map((lane): Step<number> => ({
      scope: { operation: "JobQueue.shortenWaits", lane },
      body: (table, now) => LeaseRules.shorten(table, lane, now, { leaseMillis, setBack })
    })))
    let shortened = 0
    for (const result of results) {
      if (Result.isSuccess(result)) shortened += result.success.value
      else if (result.failure.retryable) return yield* result.failure
    }
    return shortened
  })
