import type { Job } from "@nominal-code/domain/Job"
import { SigningKeys } from "@nominal-code/domain/JobSignature"
import { Redis } from "@nominal-code/persistence/Redis"
import type { StoreError } from "@nominal-code/persistence/StoreError"
import { Array, Effect, Exit, Option, Request, RequestResolver, Result } from "effect"
import { OfferResult, QueueLimits } from "./JobQueue.ts"
import * as LaneRules from "./LaneRules.ts"
import * as RedisIntake from "./RedisIntake.ts"
import type { ShardKeys } from "./RedisKeys.ts"
import type { Lanes } from "./RedisLane.ts"

const operation = "JobQueue.offer"

/** Number of lanes whose rules decide at once. */
const atOnce = 50

/** Maximum number of jobs in one script, and of characters of their stored forms: while it runs, Redis does nothing else. */
const together = 100
const togetherLength = 1024 * 1024

/** Offer of a job. Those of the same moment share a script. */
class Offer extends Request.Class<{ readonly job: Job }, OfferResult, StoreError> {}

type Offered = Result.Result<OfferResult, StoreError>
type Candidate = LaneRules.OfferedJob

/** Splits jobs into those that one script stores. */
const batchesOf = (jobs: ReadonlyArray<Candidate>): ReadonlyArray<ReadonlyArray<Candidate>> => {
  const batches: Array<Array<Candidate>> = []
  let length = 0
  for (const job of jobs) {
    const last = batches.at(-1)
    if (last === undefined || last.length >= together || length + job.payload.length > togetherLength) {
      batches.push([job])
      length = job.payload.length
    } else {
      last.push(job)
      length += job.payload.length
    }
  }
  return batches
}

/**
 * Makes the offers of jobs. The new ones of a shard are stored in one script. The others follow, those of a lane in their
 * order: the rules of the lane decide about each.
 */
export const make = Effect.fnUntraced(function*(all: Lanes, shards: number) {
  const { keysOf, step } = all
  const redis = yield* Redis
  const limits = yield* QueueLimits
  const signingKeys = yield* SigningKeys
  const storeNew = yield* RedisIntake.make(all, shards)

  const decide = (candidate: Candidate) => {
    const { event, id, lane } = candidate.row
    return step(
      { operation, lane, event, ids: [id], intake: true, trusted: true, about: () => [id] },
      (table, now) => LaneRules.offer(table, candidate, now, limits)
    )
  }

  /** Offers the jobs of one shard. */
  const offerIn = Effect.fnUntraced(function*(keys: ShardKeys, jobs: ReadonlyArray<Candidate>) {
    const lanes = [...Map.groupBy(jobs, ({ row }) => row.lane).values()]
    const first = lanes.flatMap((jobs) => jobs.slice(0, 1))
    const stored = yield* Effect.result(storeNew(operation, keys, first))
    // A script that fails may fail for one of its jobs only.
    if (Result.isFailure(stored) && stored.failure.reason !== "failed") {
      return new Map(jobs.map((job): [Candidate, Offered] => [job, Result.fail(stored.failure)]))
    }
    const areStored = Result.getOrElse(stored, () => [])
    const offered = new Map<Candidate, Offered>()
    for (const [index, job] of first.entries()) {
      if (areStored[index] === true) {
        offered.set(job, Result.succeed(OfferResult.cases.Accepted.make({ jobId: job.row.id })))
      }
    }
    const decideAll = (jobs: ReadonlyArray<Candidate>) =>
      Effect.forEach(
        jobs.filter((job) => !offered.has(job)),
        Effect.fnUntraced(function*(job) {
          offered.set(job, Result.map(yield* Effect.result(decide(job)), ({ value }) => value))
        }),
        // Those of a lane are made in this order, by one script.
        { concurrency: "unbounded", discard: true }
      )
    yield* Effect.forEach(lanes, decideAll, { concurrency: "unbounded", discard: true })
    const replicated = yield* Effect.result(redis.replicated(operation, keys.tick))
    return Result.isSuccess(replicated)
      ? offered
      : new Map(jobs.map((job): [Candidate, Offered] => [job, Result.fail(replicated.failure)]))
  })

  const offerTogether = Effect.fnUntraced(function*(jobs: ReadonlyArray<Job>) {
    const candidates = jobs.map((job) => LaneRules.offered(job, signingKeys))
    const shards = Map.groupBy(candidates, ({ row }) => keysOf(row.lane))
    const offered = yield* Effect.forEach(
      shards,
      ([keys, jobs]) => Effect.forEach(batchesOf(jobs), (some) => offerIn(keys, some), { concurrency: 1 }),
      { concurrency: atOnce }
    )
    const all = new Map(offered.flat().flatMap((one) => [...one]))
    return candidates.map((one) => Option.getOrThrow(Option.fromUndefinedOr(all.get(one))))
  }, Effect.uninterruptible)

  const offers = RequestResolver.make<Offer>(Effect.fnUntraced(function*(entries) {
    const results = yield* offerTogether(entries.map(({ request }) => request.job))
    for (const [entry, result] of Array.zip(entries, results)) {
      entry.completeUnsafe(Result.match(result, { onFailure: Exit.fail, onSuccess: Exit.succeed }))
    }
  }))

  return {
    offer: Effect.fn("JobQueue.offer")((job: Job) => Effect.request(new Offer({ job }), offers)),
    offerAll: Effect.fn("JobQueue.offerAll")(offerTogether)
  }
})
