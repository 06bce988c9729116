import { Array, Duration, Effect, Result } from "effect"
import * as LeaseRules from "../lane/LeaseRules.ts"
import type { Lanes, Step } from "./RedisLane.ts"
import type { ShortenWaits } from "./RedisReadyLanes.ts"

/** Number of lanes that are looked at together after Redis' clock was set back. */
const lanesAtOnce = 250

/** Makes the repair of lanes after Redis' clock was set back. A lane that cannot be changed keeps no other from it. */
export const make = ({ stepAll }: Lanes, leaseMillis: number): ShortenWaits =>
  Effect.fnUntraced(function*(lanes, setBack) {
    let shortened = 0
    for (const some of Array.chunksOf(lanes, lanesAtOnce)) {
      const results = yield* stepAll(some.map((lane): Step<number> => ({
        scope: { operation: "JobQueue.shortenWaits", lane },
        body: (table, now) => LeaseRules.shorten(table, lane, now, { leaseMillis, setBack })
      })))
      for (const result of results) {
        if (Result.isSuccess(result)) shortened += result.success.value
        else if (result.failure.retryable) return yield* result.failure
      }
    }
    if (shortened === 0) return
    const by = Duration.format(Duration.seconds(Math.round(setBack / 1_000)))
    yield* Effect.logWarning(`Redis' clock was set back by ${by}: ${shortened} job(s) that wait do so for no longer`)
  })
