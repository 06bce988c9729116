import { eventKeysOfHead, type Job, type JobId } from "@nominal-code/domain/Job"
import { type Lane, laneKey } from "@nominal-code/domain/Lane"
import type { Sha } from "@nominal-code/domain/PullRequest"
import type { StoreError } from "@nominal-code/persistence/StoreError"
import { Clock, Context, Duration, Effect, Exit, Option, Request, RequestResolver, Schedule } from "effect"
import {
  JobQueue,
  type JobRequestResult,
  type Lease,
  type OfferResult,
  QueueLimits,
  type RunLocation,
  type Settlement
} from "./JobQueue.ts"
import { JobRecords } from "./JobRecords.ts"
import type { Head, JobTable } from "./JobTable.ts"
import * as LaneRequests from "./LaneRequests.ts"
import * as LaneRules from "./LaneRules.ts"
import * as ReadyLanes from "./ReadyLanes.ts"
import * as TableRecords from "./TableRecords.ts"

/** A store of jobs. */
export interface TableStore {
  /** Name of this process in its leases. */
  readonly owner: string
  transaction<A>(operation: string, body: (table: JobTable) => A): Effect.Effect<A, StoreError>
  read<A>(operation: string, body: (table: JobTable) => A): Effect.Effect<A, StoreError>
  /** Fails if a change would be lost with this process. */
  readonly isDurable: Effect.Effect<void, StoreError>
  /** Heads that are due at the instant or later, and those of processes that this call finds dead. */
  heads(from: number): Effect.Effect<ReadonlyArray<Head>, StoreError>
  /** Number that changes each time another process has changed the store. */
  readonly version: Effect.Effect<number, StoreError>
}

class Offer extends Request.Class<{ readonly candidate: LaneRules.OfferedJob }, OfferResult, StoreError> {}

const hourly = Schedule.spaced("1 hour")

/** Makes the queue over a table, and its records. The scope ends its hourly clean-up. */
export const make = Effect.fnUntraced(function*(store: TableStore) {
  const { isDurable, owner, read, transaction } = store
  const limits = yield* QueueLimits
  const { leaseDuration, retention, sweepEvery } = limits
  const leaseMillis = Duration.toMillis(leaseDuration)
  const readyLanes = ReadyLanes.make(store, sweepEvery)

  /** Changes some lanes. The change is stored and announced synchronously, with nothing between the two. */
  const change = <A>(
    operation: string,
    lanes: ReadonlyArray<string>,
    body: (table: JobTable, now: number) => A
  ): Effect.Effect<A, StoreError> =>
    Effect.uninterruptible(Effect.gen(function*() {
      const now = yield* Clock.currentTimeMillis
      const { changed, touched } = yield* transaction(operation, (table) => {
        const changed = body(table, now)
        return { changed, touched: lanes.map((lane) => table.active(lane)[0]) }
      })
      for (const head of touched) readyLanes.touched(head, now)
      return changed
    }))

  // Offers of the same moment share a transaction: the disk is waited for once for all of them.
  const offers = RequestResolver.make<Offer>(Effect.fnUntraced(function*(entries) {
    const candidates = entries.map(({ request }) => request.candidate)
    const offered = yield* change(
      "JobQueue.offer",
      candidates.map(({ row }) => row.lane),
      (table, now) => candidates.map((one) => LaneRules.offer(table, one, now, limits))
    )
    // Afterwards, so that nothing is accepted that ends with this process.
    yield* isDurable
    entries.forEach((entry, index) => {
      const result = offered[index]
      if (result !== undefined) entry.completeUnsafe(Exit.succeed(result))
    })
  }))

  // The jobs of the lanes' heads that were found unreadable: said once, and they are left to a program that can read them.
  const left = new Set<JobId>()

  const takeReadable = (table: JobTable, lane: string, runs: RunLocation, now: number) => {
    let unread: JobId | undefined
    let read: TableRecords.DecodedJob | undefined
    const row = LaneRules.take(table, lane, now, {
      owner,
      leaseMillis,
      runs,
      canRead: (row) => {
        read = TableRecords.decodeRow(row, table.payload(row.id))
        if (read === undefined) unread = row.id
        return read !== undefined
      }
    })
    return { taken: row === undefined || read === undefined ? undefined : { row, ...read }, unread }
  }

  const take = Effect.fn("JobQueue.take")(function*(lane: Lane, runs: RunLocation = "in-process") {
    const key = laneKey(lane)
    const { now, taken, unread } = yield* change(
      "JobQueue.take",
      [key],
      (table, now) => ({ now, ...takeReadable(table, key, runs, now) })
    )
    if (unread !== undefined && !left.has(unread)) {
      left.add(unread)
      yield* Effect.logError(`job ${unread} was stored by another version of this program, and is left to it`, {
        lane: key
      })
    }
    return Option.map(Option.fromUndefinedOr(taken), ({ job, row, task }): Lease => ({
      lane,
      job,
      task,
      epoch: row.epoch,
      attempt: row.attempts,
      run: row.earlier + row.attempts,
      losses: row.losses,
      stop: Option.fromNullOr(row.stop),
      age: Duration.millis(Math.max(0, now - row.since))
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

  /** Changes a job without a lease. Its lane never changes, so it can be read before. */
  const handle = Effect.fnUntraced(function*(
    operation: string,
    id: JobId,
    body: (table: JobTable, now: number) => JobRequestResult
  ) {
    const row = yield* read(operation, (table) => table.byId(id))
    return yield* change(operation, row === undefined ? [] : [row.lane], body)
  })

  const retry = Effect.fn("JobQueue.retry")((id: JobId) =>
    handle("JobQueue.retry", id, (table, now) => LaneRequests.retry(table, id, now, limits.laneCapacity))
  )

  const cancel = Effect.fn("JobQueue.cancel")((id: JobId) =>
    handle("JobQueue.cancel", id, (table, now) => LaneRequests.cancel(table, id, now))
  )

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

  return Context.make(
    JobQueue,
    JobQueue.of({
      offer: Effect.fn("JobQueue.offer")((job: Job) =>
        Effect.request(new Offer({ candidate: LaneRules.offered(job) }), offers)
      ),
      take,
      renew,
      settle,
      retry,
      cancel,
      knowsHead: Effect.fn("JobQueue.knowsHead")((lane: Lane, headSha: Sha) =>
        read(
          "JobQueue.knowsHead",
          (table) => eventKeysOfHead(headSha).some((event) => LaneRules.knowsEvent(table, laneKey(lane), event))
        )
      ),
      ready: readyLanes.ready,
      check: Effect.andThen(transaction("JobQueue.check", (table) => table.probe()), isDurable)
    })
  ).pipe(Context.add(JobRecords, TableRecords.make(read)))
})
