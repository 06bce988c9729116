import type { Job } from "@nominal-code/domain/job/Job"
import { SigningKeys } from "@nominal-code/domain/job/JobSignature"
import { Effect } from "effect"
import { QueueLimits } from "../JobQueue.ts"
import * as LaneRules from "../lane/LaneRules.ts"
import type { Lanes } from "./RedisLane.ts"

/** Makes the offers of jobs. Those of the same moment share scripts, and those of a lane are made in their order. */
export const make = Effect.fnUntraced(function*({ step }: Lanes) {
  const limits = yield* QueueLimits
  const signingKeys = yield* SigningKeys

  const offer = (job: Job) =>
    Effect.suspend(() => {
      const candidate = LaneRules.offered(job, signingKeys)
      const { event, id, lane } = candidate.row
      return Effect.map(
        step(
          { operation: "JobQueue.offer", lane, event, ids: [id], intake: true, trusted: true, about: () => [id] },
          (table, now) => LaneRules.offer(table, candidate, now, limits)
        ),
        ({ value }) => value
      )
    })

  return {
    offer,
    // All of them are asked for at once: so they share scripts.
    offerAll: (jobs: ReadonlyArray<Job>) =>
      Effect.uninterruptible(Effect.forEach(jobs, (job) => Effect.result(offer(job)), { concurrency: "unbounded" }))
  }
})
