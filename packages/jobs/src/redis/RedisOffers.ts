import type { Job } from "@nominal-code/domain/job/Job"
import { SigningKeys } from "@nominal-code/domain/job/JobSignature"
import { Effect, Result } from "effect"
import { type OfferResult, QueueLimits } from "../JobQueue.ts"
import * as OfferRules from "../lane/OfferRules.ts"
import type { Lanes, Step } from "./RedisLane.ts"

/** Makes the offers of jobs. Those of the same moment share scripts, and those of a lane are made in their order. */
export const make = Effect.fnUntraced(function*({ step, stepAll }: Lanes) {
  const limits = yield* QueueLimits
  const signingKeys = yield* SigningKeys

  const stepOf = (job: Job): Step<OfferResult> => {
    const candidate = OfferRules.offered(job, signingKeys)
    const { event, id, lane } = candidate.row
    return {
      scope: { operation: "JobQueue.offer", lane, event, ids: [id], intake: true, trusted: true, about: () => [id] },
      body: (table, now) => OfferRules.offer(table, candidate, now, limits)
    }
  }

  return {
    offer: (job: Job) =>
      Effect.suspend(() => {
        const { body, scope } = stepOf(job)
        return Effect.map(step(scope, body), ({ value }) => value)
      }),
    offerAll: (jobs: ReadonlyArray<Job>) =>
      Effect.suspend(() => stepAll(jobs.map(stepOf))).pipe(
        Effect.map((results) => results.map(Result.map(({ value }) => value))),
        Effect.uninterruptible
      )
  }
})
