import { DeliveryId, type Job, type JobId, JobOutcome } from "@nominal-code/domain/Job"
import { JobPayloadJson } from "@nominal-code/domain/JobPayload"
import { type Lane, LaneKey, laneKey } from "@nominal-code/domain/Lane"
import type { StoreError } from "@nominal-code/persistence/StoreError"
import { Clock, Duration, Effect, Exit, Option, Request, RequestResolver, Schedule, Schema } from "effect"
import {
  type Handled,
  JobQueue,
  type JobRecord,
  type JobState,
  type Lease,
  type Offered,
  QueueLimits,
  type Settlement
} from "./JobQueue.ts"
import type { Head, JobRow, JobTable } from "./JobTable.ts"
import * as LaneRules from "./LaneRules.ts"
import * as Wakeups from "./Wakeups.ts"

/** A store of jobs, whatever it is made of. */
export interface TableStore {
  /** Names the leases that this process takes. */
  readonly owner: string
  transaction<A>(operation: string, body: (table: JobTable) => A): Effect.Effect<A, StoreError>
  read<A>(operation: string, body: (table: JobTable) => A): Effect.Effect<A, StoreError>
  /** The heads that are due at the instant or later, and those of processes that are found dead by asking. */
  heads(from: number): Effect.Effect<ReadonlyArray<Head>, StoreError>
  /** Another number each time another process has changed the store. */
  readonly version: Effect.Effect<number, StoreError>
}

class Offer extends Request.Class<{ readonly candidate: LaneRules.Candidate }, Offered, StoreError> {}

const encodeJob = Schema.encodeSync(JobPayloadJson)
const decodePayload = Schema.decodeOption(JobPayloadJson)
const decodeOutcome = Schema.decodeOption(Schema.fromJsonString(JobOutcome))
const decodeLane = Schema.decodeSync(LaneKey)
const hourly = Schedule.spaced("1 hour")
const decodeJob = (payload: string): Option.Option<Job> => Option.map(decodePayload(payload), ({ job }) => job)

const candidate = (job: Job): LaneRules.Candidate => ({
  row: {
    id: job.id,
    lane: laneKey(job.lane),
    platform: job.lane.platform,
    delivery: job.delivery,
    lifecycle: job.event._tag === "Lifecycle"
  },
  payload: encodeJob({ version: 1, job })
})

const recordOf = (row: JobRow, payload: string): JobRecord => ({
  id: row.id,
  lane: decodeLane(row.lane),
  delivery: DeliveryId.make(row.delivery),
  state: row.state,
  attempts: row.attempts,
  reason: Option.fromNullOr(row.reason),
  outcome: Option.flatMap(Option.fromNullOr(row.outcome), decodeOutcome),
  job: decodeJob(payload)
})

/** A `JobQueue` over a table, with all the rules; the scope ends its hourly clean-up. */
export const make = Effect.fnUntraced(function*(store: TableStore) {
  const { owner, read, transaction } = store
  const { laneCapacity, leaseDuration, retention, sweepEvery } = yield* QueueLimits
  const leaseMillis = Duration.toMillis(leaseDuration)
  const wakeups = Wakeups.make(store, sweepEvery)

  /** One change of some lanes. What is stored is announced, and nothing can come between the two. */
  const change = <A>(
    operation: string,
    lanes: ReadonlyArray<string>,
    body: (table: JobTable, now: number) => A
  ): Effect.Effect<A, StoreError> =>
    Effect.uninterruptible(Effect.gen(function*() {
      const now = yield* Clock.currentTimeMillis
      const { changed, touched } = yield* transaction(operation, (table) => {
        const changed = body(table, now)
        return { changed, touched: lanes.map((lane) => [lane, table.active(lane)[0]] as const) }
      })
      for (const [lane, head] of touched) wakeups.touched(lane, head, now)
      return changed
    }))

  // Offers of the same moment share a transaction: the disk is waited for once for all of them.
  const offers = RequestResolver.make<Offer>(Effect.fnUntraced(function*(entries) {
    const candidates = entries.map(({ request }) => request.candidate)
    const offered = yield* change(
      "JobQueue.offer",
      candidates.map(({ row }) => row.lane),
      (table, now) => candidates.map((one) => LaneRules.offer(table, one, now, laneCapacity))
    )
    entries.forEach((entry, index) => {
      const result = offered[index]
      if (result !== undefined) entry.completeUnsafe(Exit.succeed(result))
    })
  }))

  const takeReadable = (table: JobTable, lane: string, now: number) => {
    const parked: Array<JobId> = []
    for (;;) {
      const row = LaneRules.take(table, lane, now, { owner, leaseMillis })
      if (row === undefined) return { parked, taken: undefined }
      const job = decodeJob(table.payload(row.id))
      if (Option.isSome(job)) return { parked, taken: { row, job: job.value } }
      LaneRules.park(table, row, now, LaneRules.unreadable)
      parked.push(row.id)
    }
  }

  const take = Effect.fn("JobQueue.take")(function*(lane: Lane) {
    const key = laneKey(lane)
    const { parked, taken } = yield* change("JobQueue.take", [key], (table, now) => takeReadable(table, key, now))
    if (parked.length > 0) {
      yield* Effect.logError(`parked jobs that cannot be read: ${parked.join(", ")}`, { lane: key })
    }
    return Option.map(Option.fromUndefinedOr(taken), ({ job, row }): Lease => ({
      lane,
      job,
      epoch: row.epoch,
      attempt: row.attempts,
      run: row.earlier + row.attempts,
      losses: row.losses,
      cancelled: LaneRules.isCancelled(row)
    }))
  }, Effect.uninterruptible)

  const renew = Effect.fn("JobQueue.renew")(function*({ epoch, job, lane }: Lease) {
    return yield* change(
      "JobQueue.renew",
      [laneKey(lane)],
      (table, now) => LaneRules.renew(table, { id: job.id, epoch }, now, leaseMillis)
    )
  })

  const settle = Effect.fn("JobQueue.settle")(function*({ epoch, job, lane }: Lease, settlement: Settlement) {
    return yield* change(
      "JobQueue.settle",
      [laneKey(lane)],
      (table, now) => LaneRules.settle(table, { id: job.id, epoch }, settlement, now)
    )
  })

  const find = Effect.fn("JobQueue.find")(function*(id: JobId) {
    return yield* read("JobQueue.find", (table) => {
      const row = table.byId(id)
      return Option.map(Option.fromUndefinedOr(row), (row) => recordOf(row, table.payload(row.id)))
    })
  })

  const list = Effect.fn("JobQueue.list")(function*(state: Option.Option<JobState>) {
    return yield* read(
      "JobQueue.list",
      (table) => table.list(Option.getOrUndefined(state)).map((row) => recordOf(row, table.payload(row.id)))
    )
  })

  /** A change of a job that nobody here has a lease of. Its lane never changes, so it can be asked for before. */
  const handle = Effect.fnUntraced(function*(
    operation: string,
    id: JobId,
    body: (table: JobTable, now: number) => Handled
  ) {
    const row = yield* read(operation, (table) => table.byId(id))
    return yield* change(operation, row === undefined ? [] : [row.lane], body)
  })

  const retry = Effect.fn("JobQueue.retry")((id: JobId) =>
    handle("JobQueue.retry", id, (table) => LaneRules.retry(table, id, laneCapacity))
  )

  const cancel = Effect.fn("JobQueue.cancel")((id: JobId) =>
    handle("JobQueue.cancel", id, (table, now) => LaneRules.cancel(table, id, now))
  )

  const jobOfDelivery = Effect.fn("JobQueue.jobOfDelivery")(function*(platform: string, delivery: DeliveryId) {
    return yield* read(
      "JobQueue.jobOfDelivery",
      (table) => Option.map(Option.fromUndefinedOr(table.byDelivery(platform, delivery)), ({ id }) => id)
    )
  })

  const forget = Effect.gen(function*() {
    const now = yield* Clock.currentTimeMillis
    yield* transaction("JobQueue.forget", (table) => table.forget(now - Duration.toMillis(retention)))
  })
  yield* Effect.forkScoped(
    forget.pipe(
      Effect.catch((error) => Effect.logWarning(`ended jobs could not be cleaned up: ${error.message}`)),
      Effect.repeat(hourly)
    )
  )

  return JobQueue.of({
    offer: Effect.fn("JobQueue.offer")((job: Job) => Effect.request(new Offer({ candidate: candidate(job) }), offers)),
    take,
    renew,
    settle,
    find,
    list,
    retry,
    cancel,
    jobOfDelivery,
    ready: wakeups.ready,
    depth: read("JobQueue.depth", (table) => ({
      waiting: table.count("waiting"),
      running: table.count("running"),
      parked: table.count("parked")
    }))
  })
})
