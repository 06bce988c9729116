import { DeliveryId, JobId, jobIdOfDelivery, JobOutcome } from "@nominal-code/domain/Job"
import { LaneKey } from "@nominal-code/domain/Lane"
import { Platform } from "@nominal-code/domain/PullRequest"
import type { Redis } from "@nominal-code/persistence/Redis"
import { Effect, Option, Schema } from "effect"
import { LeaseTask } from "./JobQueue.ts"
import { headShaOf, type JobRecord, JobRecords, JobState } from "./JobRecords.ts"
import type { Page } from "./JobTable.ts"
import * as StoredJob from "./StoredJob.ts"

/** What marks a cancelled job. */
const cancelled = "cancelled"

/** The hash tag that every key of the queue starts with, so that a cluster keeps them together. */
export const root = "{nc}"

const decodeOutcome = Schema.decodeOption(Schema.fromJsonString(JobOutcome))

const fields = ["lane", "state", "attempts", "reason", "outcome", "payload", "delivery"] as const
const Found = Schema.Array(Schema.NullOr(Schema.String))
const Stored = Schema.Tuple([
  LaneKey,
  JobState,
  Schema.FiniteFromString,
  Schema.String,
  Schema.NullOr(Schema.String),
  Schema.String,
  DeliveryId
])
const decodeStored = Schema.decodeUnknownOption(Stored)

const recordOf = (id: JobId, values: unknown): Option.Option<JobRecord> =>
  Option.map(decodeStored(values), ([lane, state, attempts, reason, stored, payload, delivery]) => {
    const outcome = Option.flatMap(Option.fromNullOr(stored), decodeOutcome)
    const job = StoredJob.decode(payload)
    return {
      id,
      position: 0,
      lane,
      delivery,
      kind: Option.match(job, { onNone: () => "pr_push" as const, onSome: ({ event }) => event.kind }),
      state,
      task: LeaseTask.cases.Review.make({}),
      attempts,
      losses: 0,
      failure: Option.none(),
      waitsFor: Option.none(),
      cancelled: reason === cancelled,
      supersededBy: Option.none(),
      stoodFor: [],
      outcome,
      headSha: Option.flatMap(outcome, headShaOf),
      receivedAt: 0,
      endedAt: Option.none(),
      unreadable: Option.isNone(job),
      job
    }
  })

const Turn = Schema.Tuple([
  Schema.NullOr(JobState),
  Schema.NullOr(Schema.FiniteFromString),
  Schema.NullOr(Schema.FiniteFromString),
  Schema.NullOr(Schema.String)
])

/** Whether a run is the one that its job has now, or will have next. Of a job that is not known, any is. */
export const isCurrent = (redis: Redis["Service"], id: JobId, run: number) =>
  Effect.map(
    redis.send("JobResults.stands", Turn, ["hmget", `${root}:job:${id}`, "state", "attempts", "earlier", "reason"]),
    ([state, attempts, earlier, reason]) => {
      if (state === null) return true
      const runs = (attempts ?? 0) + (earlier ?? 0)
      if (state === "running") return reason !== cancelled && runs === run
      return state === "waiting" && runs + 1 === run
    }
  )

/** Ids and places in turn. */
const Places = Schema.Array(Schema.String)
const decodeId = Schema.decodeUnknownOption(JobId)
const decodePlatform = Schema.decodeUnknownOption(Platform)

const atOnce = 50

/** What people may read of the queue. None of it is one step: what changes meanwhile may be seen before or after. */
export const make = (redis: Redis["Service"]) => {
  const find = Effect.fn("JobQueue.find")(function*(id: JobId) {
    return recordOf(id, yield* redis.send("JobQueue.find", Found, ["hmget", `${root}:job:${id}`, ...fields]))
  })

  const places = (state: JobState) =>
    Effect.map(
      redis.send("JobQueue.list", Places, ["zrange", `${root}:is:${state}`, 0, -1, "WITHSCORES"]),
      (flat) =>
        flat.flatMap((id, index) =>
          index % 2 === 0
            ? Option.toArray(Option.map(decodeId(id), (id) => [id, Number(flat[index + 1])] as const))
            : []
        )
    )

  const list = Effect.fnUntraced(function*({ limit, state }: Page) {
    const states = state === undefined ? JobState.literals : [state]
    const found = yield* Effect.forEach(states, places, { concurrency: states.length })
    const ids = [...new Map(found.flat())].sort(([, a], [, b]) => b - a).map(([id]) => id).slice(0, limit)
    const records = yield* Effect.forEach(ids, find, { concurrency: atOnce })
    return records.flatMap(Option.toArray).filter((record) => state === undefined || record.state === state)
  })

  const count = (state: JobState) => redis.send("JobQueue.depth", Schema.Int, ["zcard", `${root}:is:${state}`])

  const jobOfDelivery = Effect.fn("JobQueue.jobOfDelivery")(function*(platform: string, delivery: DeliveryId) {
    const forge = decodePlatform(platform)
    if (Option.isNone(forge)) return Option.none()
    const id = jobIdOfDelivery(forge.value, delivery)
    const known = yield* redis.send("JobQueue.jobOfDelivery", Schema.Int, ["exists", `${root}:job:${id}`])
    return known === 1 ? Option.some(id) : Option.none()
  })

  const oldestWaitMillis = Effect.succeed(0)

  return JobRecords.of({
    find,
    list,
    jobOfDelivery,
    depth: Effect.all(
      { waiting: count("waiting"), running: count("running"), parked: count("parked"), oldestWaitMillis },
      { concurrency: 3 }
    )
  })
}
