import type { Sha } from "@nominal-code/domain/event/PullRequest"
import type { PullRequestEvent } from "@nominal-code/domain/event/PullRequestEvent"
import { backoff } from "@nominal-code/domain/job/Backoff"
import type { ServiceName } from "@nominal-code/domain/job/Failure"
import { eventKeyOf, eventKeysOfHead, type JobId } from "@nominal-code/domain/job/Job"
import { SigningKeys } from "@nominal-code/domain/job/JobSignature"
import { type Lane, laneKey } from "@nominal-code/domain/job/Lane"
import { Redis } from "@nominal-code/persistence/Redis"
import { opening } from "@nominal-code/persistence/RedisOpening"
import * as RedisScript from "@nominal-code/persistence/RedisScript"
import type { StoreError } from "@nominal-code/persistence/StoreError"
import { Array, Context, Duration, Effect, Layer, Option, Result, Schedule, Schema } from "effect"
import { JobQueue, type Lease, QueueLimits, type RunLocation, Settlement } from "../JobQueue.ts"
import { JobRecords } from "../JobRecords.ts"
import { knowsEvent } from "../lane/Dedup.ts"
import * as LaneRequests from "../lane/LaneRequests.ts"
import * as LeaseRules from "../lane/LeaseRules.ts"
import { JobRequestResult, QueueAdmin } from "../QueueAdmin.ts"
import type { JobTable } from "../table/JobTable.ts"
import * as TakenJob from "../table/TakenJob.ts"
import { allShards, dayOf, daysOf, eventDigest, type ShardKeys } from "./RedisKeys.ts"
import * as RedisLane from "./RedisLane.ts"
import * as RedisMigration from "./RedisMigration.ts"
import * as RedisOffers from "./RedisOffers.ts"
import * as RedisPortions from "./RedisPortions.ts"
import * as RedisReadyLanes from "./RedisReadyLanes.ts"
import * as RedisRecords from "./RedisRecords.ts"
import * as RedisShards from "./RedisShards.ts"
import * as RedisSigners from "./RedisSigners.ts"
import * as RedisTypes from "./RedisTypes.ts"

/** Number of portions of an index that are searched for expired jobs at once. */
const forgetBatchSize = 500
const atOnce = 50

/** Number of lanes that are looked at together after Redis' clock was set back. */
const lanesAtOnce = 250

/** Retries of giving a lease back, while Redis is away. */
const givingBack = backoff("500 millis", "5 seconds")

const hourly = Schedule.spaced("1 hour")

const Strings = Schema.Array(Schema.String)

const lua = new URL("lua/", import.meta.url)

/** Value that tests if Redis takes writes, of about a job's size. */
const probeValue = "x".repeat(1_024)

/** Makes the removal of expired jobs from the indexes. */
const makeForget = Effect.fnUntraced(function*(all: ReadonlyArray<ShardKeys>, retentionMillis: number) {
  const redis = yield* Redis
  const script = yield* RedisScript.load(lua, ["progress", "forget"])
  const trim = yield* RedisScript.load(lua, ["progress", "portions", "trim"])
  const forgetIn = Effect.fnUntraced(function*(keys: ShardKeys) {
    const ids = yield* redis.send("JobQueue.forget", Strings, ["zrange", keys.parked, 0, forgetBatchSize - 1])
    yield* Effect.forEach(
      ids,
      (id) => redis.run("JobQueue.forget", Schema.Int, script, [keys.parked, keys.job(id)], [id]),
      { concurrency: atOnce, discard: true }
    )
    const oldest = (yield* RedisLane.storeTime(redis)) - retentionMillis
    const args = [Math.max(0, oldest), RedisPortions.dayText(Math.max(0, dayOf(oldest))), forgetBatchSize]
    yield* Effect.forEach(
      [keys.done, keys.superseded],
      (index) =>
        Effect.repeat(redis.run("JobQueue.forget", Schema.Int, trim, [index], args), { until: (gone) => gone === 0 }),
      { discard: true }
    )
  })
  return { forget: Effect.forEach(all, forgetIn, { concurrency: 1, discard: true }) }
})

/** Makes the repair of lanes after Redis' clock was set back. A lane that cannot be changed keeps no other from it. */
const shortenWaits = ({ stepAll }: RedisLane.Lanes, leaseMillis: number): RedisReadyLanes.ShortenWaits =>
  Effect.fnUntraced(function*(lanes, setBack) {
    let shortened = 0
    for (const some of Array.chunksOf(lanes, lanesAtOnce)) {
      const results = yield* stepAll(some.map((lane): RedisLane.Step<number> => ({
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

const make = Effect.gen(function*() {
  const redis = yield* Redis
  const limits = yield* QueueLimits
  const all = allShards(yield* opening(RedisShards.claim(redis)))
  const lanes = yield* RedisLane.make(all)
  const { begin, step } = lanes
  const scope = yield* Effect.scope
  const leaseMillis = Duration.toMillis(limits.leaseDuration)
  const retentionMillis = Duration.toMillis(limits.retention)
  const records = yield* RedisRecords.make(redis, all)
  const locate = yield* RedisRecords.makeLocate(redis, all)
  const keys = yield* SigningKeys
  const signers = yield* RedisSigners.make(all, lanes)
  const readyLanes = yield* RedisReadyLanes.make(all, shortenWaits(lanes, leaseMillis))
  const { forget } = yield* makeForget(all, retentionMillis)
  yield* forget.pipe(
    Effect.catch((error) => Effect.logWarning(`ended jobs could not be cleaned up: ${error.message}`)),
    Effect.repeat(hourly),
    Effect.forkScoped
  )

  const { offer, offerAll } = yield* RedisOffers.make(lanes)

  yield* opening(RedisMigration.start(offer, signers))

  const takenJob = yield* TakenJob.make
  const takeFrom = (table: JobTable, key: string, now: number, runs: RunLocation) =>
    takenJob.take(table, key, now, { owner: "redis", leaseMillis, runs })
  const leaseOf = Effect.fnUntraced(
    function*(lane: Lane, taken: TakenJob.TakenJob, { now, row }: Pick<RedisLane.StepResult<unknown>, "now" | "row">) {
      const lease = yield* takenJob.lease(lane, taken, taken.row === undefined ? undefined : row(taken.row.id), now)
      // A server without a key may have stored it, because Redis has lost the note that the jobs are signed.
      if (Option.exists(lease, ({ isForged }) => isForged)) yield* signers.restore
      return lease
    }
  )
  const takeStep = (lane: Lane, runs: RunLocation) => {
    const key = laneKey(lane)
    const taken = begin(
      {
        operation: "JobQueue.take",
        lane: key,
        trusted: true,
        about: ({ row }: TakenJob.TakenJob) => row === undefined ? [] : [row.id]
      },
      (table, now) => takeFrom(table, key, now, runs)
    )
    return Effect.flatMap(taken, (step) => leaseOf(lane, step.value, step))
  }

  const renew = ({ epoch, job, lane }: Lease, waitsFor?: ServiceName) =>
    Effect.map(
      step(
        { operation: "JobQueue.renew", lane: laneKey(lane), ids: [job.id], quiet: true },
        (table, now) =>
          LeaseRules.renew(table, { lane: laneKey(lane), id: job.id, epoch }, now, { leaseMillis, waitsFor })
      ),
      ({ value }) => value
    )

  const settle = ({ epoch, job, lane }: Lease, settlement: Settlement) =>
    Effect.map(
      begin(
        {
          operation: "JobQueue.settle",
          lane: laneKey(lane),
          ids: [job.id],
          patient: true,
          about: (settled: boolean) => settled ? [job.id] : []
        },
        (table, now) => LeaseRules.settle(table, { lane: laneKey(lane), id: job.id, epoch }, settlement, now)
      ),
      ({ value }) => value
    )

  /**
   * Gives back what a take may have got that has failed: a Redis that hung may carry it out yet, and nobody has the lease.
   * The take is the same request once more, so that it finds that lease, or leaves the late one without effect.
   */
  const giveBack = (taking: Effect.Effect<Option.Option<Lease>, StoreError>) =>
    taking.pipe(
      Effect.flatMap(Option.match({
        onNone: () => Effect.void,
        onSome: (lease) => settle(lease, Settlement.cases.Release.make({}))
      })),
      Effect.retry({ schedule: givingBack, while: ({ retryable }) => retryable }),
      Effect.ignore
    )

  const take = (lane: Lane, runs: RunLocation = "in-process") =>
    Effect.suspend(() => {
      const taking = takeStep(lane, runs)
      return Effect.tapError(
        taking,
        ({ retryable }) => retryable ? Effect.forkIn(giveBack(taking), scope) : Effect.void
      )
    }).pipe(Effect.uninterruptible)

  const settleAndTake = (lease: Lease, settlement: Settlement, runs: RunLocation = "in-process") => {
    const { epoch, job, lane } = lease
    const key = laneKey(lane)
    const ending = begin(
      {
        operation: "JobQueue.settleAndTake",
        lane: key,
        ids: [job.id],
        patient: true,
        trusted: true,
        about: ({ settled, taken: { row } }: { readonly settled: boolean; readonly taken: TakenJob.TakenJob }) =>
          settled ? [job.id, ...(row === undefined ? [] : [row.id])] : []
      },
      (table, now) => {
        const settled = LeaseRules.settle(table, { lane: key, id: job.id, epoch }, settlement, now)
        return { settled, taken: settled ? takeFrom(table, key, now, runs) : TakenJob.none }
      }
    )
    return Effect.uninterruptible(Effect.gen(function*() {
      const made = yield* Effect.result(ending)
      if (Result.isSuccess(made)) {
        const { settled, taken } = made.success.value
        return { settled, next: yield* leaseOf(lane, taken, made.success) }
      }
      // A process whose signatures do not count takes nothing, and settles what it has.
      if (made.failure.reason !== "failed") return yield* made.failure
      return { settled: yield* settle(lease, settlement), next: Option.none<Lease>() }
    }))
  }

  const checkTypes = yield* RedisTypes.make
  const checkShard = Effect.fnUntraced(function*(operation: string, shard: ShardKeys) {
    yield* redis.send(operation, Schema.Literal("OK"), ["set", shard.probe, probeValue, "PX", 1_000])
    yield* checkTypes(operation, shard, daysOf(yield* RedisLane.storeTime(redis), retentionMillis))
    yield* signers.check(operation, shard)
  })

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

  return Context.make(
    JobQueue,
    JobQueue.of({
      offer,
      offerAll,
      take,
      renew,
      settle,
      settleAndTake,
      ready: readyLanes.ready
    })
  ).pipe(
    Context.add(
      JobRecords,
      JobRecords.of({
        ...records,
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
          const parked = lanes.keysOf(key).parkedEvent(eventDigest(key, name))
          return value || (yield* redis.send(operation, Schema.Int, ["exists", parked])) > 0
        })
      })
    ),
    Context.add(
      QueueAdmin,
      QueueAdmin.of({
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
        claimKeys: opening(signers.claim)
      })
    )
  )
})

/**
 * Queue in Redis, shared by several processes. Accepted jobs survive the death of any of them and, if Redis writes to
 * its disk, of Redis.
 */
export const layer = Layer.effectContext(make)
