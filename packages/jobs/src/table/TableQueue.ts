import type { ServiceName } from "@nominal-code/domain/job/Failure"
import type { Job, JobId } from "@nominal-code/domain/job/Job"
import { SigningKeys } from "@nominal-code/domain/job/JobSignature"
import { type Lane, laneKey } from "@nominal-code/domain/job/Lane"
import { gathered, type GatheredCall } from "@nominal-code/persistence/Gathered"
import type { StoreError } from "@nominal-code/persistence/StoreError"
import { Array, Clock, Context, Duration, Effect, Exit, Option, Result, Schedule } from "effect"
import { JobQueue, type Lease, QueueLimits, type RunLocation, Settlement } from "../JobQueue.ts"
import { JobRecords } from "../JobRecords.ts"
import * as LaneRequests from "../lane/LaneRequests.ts"
import * as LeaseRules from "../lane/LeaseRules.ts"
import * as OfferRules from "../lane/OfferRules.ts"
import * as ReadyLanes from "../lane/ReadyLanes.ts"
import { type JobRequestResult, QueueAdmin } from "../QueueAdmin.ts"
import * as JobSigners from "../signature/JobSigners.ts"
import type { Head, JobTable } from "./JobTable.ts"
import * as TableRecords from "./TableRecords.ts"
import * as TakenJob from "./TakenJob.ts"

/** A store of jobs. */
export interface TableStore {
  /** Name of this process in its leases. */
  readonly owner: string
  transaction<A>(operation: string, body: (table: JobTable) => A): Effect.Effect<A, StoreError>
  /** A transaction that does not wait for the disk. It lasts if a later `synced` succeeds. */
  unsynced<A>(operation: string, body: (table: JobTable) => A): Effect.Effect<A, StoreError>
  /** Waits until the changes so far outlast a power cut. */
  readonly synced: Effect.Effect<void, StoreError>
  read<A>(operation: string, body: (table: JobTable) => A): Effect.Effect<A, StoreError>
  /** Fails if a change would be lost with this process. */
  readonly isDurable: Effect.Effect<void, StoreError>
  /** Heads that are due at the instant or later, and those of processes that this call finds dead. */
  heads(from: number): Effect.Effect<ReadonlyArray<Head>, StoreError>
  /** Number that changes each time another process has changed the store. */
  readonly version: Effect.Effect<number, StoreError>
}

/** Change of some lanes. `body` may run again if another process holds the store. */
interface Change {
  readonly operation: string
  readonly lanes: ReadonlyArray<string>
  /**
   * Moment of its answer. `stored`: at once. `lasting`: when the disk has it. `accepted`: then, and if the file outlives this
   * process.
   */
  readonly when: "stored" | "lasting" | "accepted"
  readonly body: (table: JobTable, now: number) => void
  /** Called once it is stored, even if the disk has not taken it. */
  readonly stored: () => void
}

const hourly = Schedule.spaced("1 hour")

/** Makes the queue over a table, and its records. The scope ends its hourly clean-up. */
export const make = Effect.fnUntraced(function*(store: TableStore) {
  const { isDurable, owner, read, synced, transaction, unsynced } = store
  const limits = yield* QueueLimits
  const keys = yield* SigningKeys
  const { leaseDuration, retention, sweepEvery } = limits
  const leaseMillis = Duration.toMillis(leaseDuration)
  const readyLanes = ReadyLanes.make(store, sweepEvery)

  /**
   * Carries out changes in one transaction. They are stored and announced synchronously, with nothing between the two.
   * Those that wait for the disk do so afterwards, so that meanwhile this process reads and stores the next.
   */
  const carryOut = Effect.fnUntraced(function*(changes: Array.NonEmptyReadonlyArray<Change>) {
    const now = yield* Clock.currentTimeMillis
    const [{ operation }, ...others] = changes
    const name = others.every((other) => other.operation === operation) ? operation : "JobQueue.change"
    const touched = yield* unsynced(name, (table) => {
      for (const { body } of changes) body(table, now)
      return changes.flatMap(({ lanes }) => lanes).map((lane) => table.active(lane)[0])
    })
    for (const { stored } of changes) stored()
    for (const head of touched) readyLanes.touched(head, now)
  })

  // Changes of the same moment share a transaction: the disk is waited for once for all of them. If one of them fails,
  // each gets a transaction of its own, so that a lane that cannot be changed keeps no other from it.
  const carryOutAll = Effect.fnUntraced(function*(all: Array.NonEmptyReadonlyArray<Change>) {
    const together: Exit.Exit<void, StoreError> = yield* Effect.exit(carryOut(all))
    const failure = Exit.findErrorOption(together)
    return all.length > 1 && Option.exists(failure, ({ reason }) => reason === "failed")
      ? yield* Effect.forEach(all, (one) => Effect.exit(carryOut([one])))
      : all.map(() => together)
  })

  const carryOutTogether = Effect.fnUntraced(
    function*(calls: Array.NonEmptyReadonlyArray<GatheredCall<Change, void, StoreError>>) {
      const stored = yield* carryOutAll(Array.map(calls, ({ input }) => input))
      const waits = calls.some(({ input }) => input.when !== "stored")
      const accepts = calls.some(({ input }) => input.when === "accepted")
      for (const [{ complete, input }, exit] of Array.zip(calls, stored)) if (input.when === "stored") complete(exit)
      const onDisk = waits ? yield* Effect.exit(synced) : Exit.void
      // Afterwards, so that nothing is accepted that ends with this process.
      const durable = accepts ? yield* Effect.exit(isDurable) : Exit.void
      for (const [{ complete, input: { when } }, exit] of Array.zip(calls, stored)) {
        if (when !== "stored") {
          complete(Exit.asVoidAll(when === "accepted" ? [exit, onDisk, durable] : [exit, onDisk]))
        }
      }
    },
    Effect.uninterruptible
  )

  /** Makes changes of some lanes. If the disk did not take one, the next run of its effect changes nothing more, and waits for the disk. */
  const changing = (carry: (request: Change) => Effect.Effect<void, StoreError>) =>
  <A>(
    operation: string,
    lanes: ReadonlyArray<string>,
    body: (table: JobTable, now: number) => A,
    when: Change["when"] = "lasting"
  ): Effect.Effect<A, StoreError> => {
    let stored = Option.none<A>()
    return Effect.suspend(() => {
      let changed = Option.none<A>()
      const request: Change = {
        operation,
        lanes,
        when,
        body: (table, now) => {
          changed = Option.orElse(stored, () => Option.some(body(table, now)))
        },
        stored: () => {
          stored = changed
        }
      }
      return Effect.map(carry(request), () => {
        stored = Option.none()
        return Option.getOrThrow(changed)
      })
    }).pipe(Effect.uninterruptible)
  }

  const change = changing(gathered(carryOutTogether))

  /** Accepts many jobs by a transaction of their own: it takes none of the fibers by which changes find together. */
  const accept = changing((request) => carryOut([request]).pipe(Effect.andThen(synced), Effect.andThen(isDurable)))

  /** A change that only a process makes whose signatures count. */
  const whenTrusted = <A>(body: (table: JobTable, now: number) => A) => (table: JobTable, now: number) =>
    JobSigners.isTrusted(table.signers(), keys) ? Result.succeed(body(table, now)) : Result.failVoid

  const trusted = <A>(operation: string, changed: Effect.Effect<Result.Result<A, void>, StoreError>) =>
    Effect.flatMap(
      changed,
      (made) => Effect.fromResult(Result.mapError(made, () => JobSigners.untrusted(operation, keys)))
    )

  const offering = (store: typeof change) => (jobs: ReadonlyArray<Job>) => {
    const candidates = jobs.map((job) => OfferRules.offered(job, keys))
    const lanes = candidates.map(({ row }) => row.lane)
    const operation = "JobQueue.offer"
    return trusted(
      operation,
      store(
        operation,
        lanes,
        whenTrusted((table, now) => candidates.map((candidate) => OfferRules.offer(table, candidate, now, limits))),
        "accepted"
      )
    )
  }
  const [offerBatch, offerOne] = [offering(accept), offering(change)]

  const offer = (job: Job) =>
    Effect.flatMap(offerOne([job]), ([result]) => Effect.fromNullishOr(result).pipe(Effect.orDie))

  // If one cannot be stored, each is offered by itself, so that it keeps no other from it.
  const offerAll = (jobs: ReadonlyArray<Job>) =>
    Effect.suspend(() => offerBatch(jobs)).pipe(Effect.matchEffect({
      onSuccess: (results) => Effect.succeed(results.map((result) => Result.succeed(result))),
      onFailure: (error) =>
        jobs.length > 1 && error.reason === "failed"
          ? Effect.forEach(jobs, (job) => Effect.result(offer(job)))
          : Effect.succeed(jobs.map(() => Result.fail(error)))
    }))

  const settleWhen = (when: Change["when"]) => ({ epoch, job, lane }: Lease, settlement: Settlement) =>
    change(
      "JobQueue.settle",
      [laneKey(lane)],
      (table, now) => LeaseRules.settle(table, { lane: laneKey(lane), id: job.id, epoch }, settlement, now),
      when
    )
  const settle = settleWhen("lasting")

  const takenJob = yield* TakenJob.make
  const take = Effect.fnUntraced(function*(lane: Lane, runs: RunLocation = "in-process") {
    const key = laneKey(lane)
    const operation = "JobQueue.take"
    const taken = yield* trusted(
      operation,
      change(
        operation,
        [key],
        whenTrusted((table, now) => ({
          now,
          ...takenJob.take(table, key, now, { owner, leaseMillis, runs })
        })),
        "stored"
      )
    )
    const lease = yield* takenJob.lease(lane, taken, taken.row, taken.now)
    // Nothing runs under a lease that the disk does not have: a job that cuts the power would be run again without end.
    if (Option.isSome(lease)) {
      yield* Effect.tapError(
        synced,
        () => Effect.ignore(settleWhen("stored")(lease.value, Settlement.cases.Release.make({})))
      )
    }
    return lease
  }, Effect.uninterruptible)

  const renew = Effect.fnUntraced(function*({ epoch, job, lane }: Lease, waitsFor?: ServiceName) {
    return yield* change(
      "JobQueue.renew",
      [laneKey(lane)],
      (table, now) =>
        LeaseRules.renew(table, { lane: laneKey(lane), id: job.id, epoch }, now, { leaseMillis, waitsFor }),
      // A process that loses it to a power cut ends with it.
      "stored"
    )
  })

  const settleAndTake = ({ epoch, job, lane }: Lease, settlement: Settlement, runs: RunLocation = "in-process") => {
    const key = laneKey(lane)
    return change("JobQueue.settleAndTake", [key], (table, now) => {
      const settled = LeaseRules.settle(table, { lane: key, id: job.id, epoch }, settlement, now)
      const takes = settled && JobSigners.isTrusted(table.signers(), keys)
      return {
        now,
        settled,
        taken: takes ? takenJob.take(table, key, now, { owner, leaseMillis, runs }) : TakenJob.none
      }
    }).pipe(
      Effect.flatMap(({ now, settled, taken }) =>
        Effect.map(takenJob.lease(lane, taken, taken.row, now), (next) => ({ settled, next }))
      ),
      Effect.uninterruptible
    )
  }

  /** Changes a job without a lease. Its lane never changes, so it can be read before. */
  const handle = Effect.fnUntraced(function*(
    operation: string,
    id: JobId,
    body: (table: JobTable, now: number) => JobRequestResult
  ) {
    const row = yield* read(operation, (table) => table.byId(id))
    return yield* change(operation, row === undefined ? [] : [row.lane], body)
  })

  const retry = Effect.fn("QueueAdmin.retry")((id: JobId) =>
    handle(
      "QueueAdmin.retry",
      id,
      (table, now) => LaneRequests.retry(table, id, now, { ...limits, keys, signers: table.signers() })
    )
  )

  const cancel = Effect.fn("QueueAdmin.cancel")((id: JobId) =>
    handle("QueueAdmin.cancel", id, (table, now) => LaneRequests.cancel(table, id, now))
  )

  const check = trusted(
    "QueueAdmin.check",
    transaction("QueueAdmin.check", (table) => whenTrusted(() => table.probe())(table, 0))
  ).pipe(Effect.andThen(isDurable))

  const claimKeys = change("QueueAdmin.claimKeys", [], (table) => {
    const signers = table.signers()
    if (!JobSigners.trusts(signers, keys)) return Result.fail(JobSigners.untrusted("QueueAdmin.claimKeys", keys))
    // While there are two keys, another server may sign with the other one: each that starts looks once more.
    if (signers === JobSigners.signersOf(keys) && keys.length < 2) return Result.succeed(0)
    const active = table.heads(0).flatMap(({ lane }) => table.active(lane))
    const foreign = active.filter(({ id }) => JobSigners.isForeign(table, id, keys)).length
    if (foreign > 0) return Result.fail(JobSigners.leftBehind("QueueAdmin.claimKeys", foreign))
    const claimed = active.filter(({ id }) => JobSigners.claim(table, id, keys, signers === ""))
    table.setSigners(JobSigners.signersOf(keys))
    return Result.succeed(claimed.length)
  }).pipe(Effect.flatMap(Effect.fromResult))

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

  const queue = JobQueue.of({ offer, offerAll, take, renew, settle, settleAndTake, ready: readyLanes.ready })
  return Context.make(JobQueue, queue).pipe(
    Context.add(JobRecords, TableRecords.make(read)),
    Context.add(QueueAdmin, QueueAdmin.of({ retry, cancel, check, claimKeys }))
  )
})
