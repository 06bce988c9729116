import type { ServiceName } from "@nominal-code/domain/job/Failure"
import type { Job } from "@nominal-code/domain/job/Job"
import { SigningKeys } from "@nominal-code/domain/job/JobSignature"
import { type Lane, laneKey } from "@nominal-code/domain/job/Lane"
import { Clock, Context, Duration, Effect, Option, Result, Schedule } from "effect"
import { JobQueue, type Lease, QueueLimits, type RunLocation, Settlement } from "../JobQueue.ts"
import { JobRecords } from "../JobRecords.ts"
import * as GivingBack from "../lane/GivingBack.ts"
import * as LeaseRules from "../lane/LeaseRules.ts"
import * as OfferRules from "../lane/OfferRules.ts"
import * as ReadyLanes from "../lane/ReadyLanes.ts"
import { QueueAdmin } from "../QueueAdmin.ts"
import * as JobSigners from "../signature/JobSigners.ts"
import * as TableAdmin from "./TableAdmin.ts"
import * as TableChanges from "./TableChanges.ts"
import * as TableRecords from "./TableRecords.ts"
import type { TableStore } from "./TableStore.ts"
import * as TakenJob from "./TakenJob.ts"

const hourly = Schedule.spaced("1 hour")

/** Makes the queue over a table, and its records. The scope ends its hourly clean-up. */
export const make = Effect.fnUntraced(function*(store: TableStore) {
  const { owner, read, transaction } = store
  const limits = yield* QueueLimits
  const keys = yield* SigningKeys
  const { leaseDuration, retention, sweepEvery } = limits
  const leaseMillis = Duration.toMillis(leaseDuration)
  const readyLanes = ReadyLanes.make(store, sweepEvery)
  const changes = yield* TableChanges.make(store, readyLanes)
  const { accept, change, trusted, whenTrusted } = changes

  const offering = (store: TableChanges.TableChanges["change"]) => (jobs: ReadonlyArray<Job>) => {
    const candidates = jobs.map((job) => OfferRules.offered(job, keys))
    const lanes = candidates.map(({ row }) => row.lane)
    const operation = "JobQueue.offer"
    return trusted(
      operation,
      store(
        operation,
        lanes,
        whenTrusted((table, now) => candidates.map((candidate) => OfferRules.offer(table, candidate, now, limits))),
        { when: "accepted" }
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

  const settleWhen = (when: "stored" | "lasting") => ({ epoch, job, lane }: Lease, settlement: Settlement) =>
    change(
      "JobQueue.settle",
      [laneKey(lane)],
      (table, now) => LeaseRules.settle(table, { lane: laneKey(lane), id: job.id, epoch }, settlement, now),
      { when }
    )
  const settle = settleWhen("lasting")

  const takenJob = yield* TakenJob.make
  const giveBack = yield* GivingBack.make
  const take = (lane: Lane, runs: RunLocation = "in-process") =>
    Effect.suspend(() => {
      const key = laneKey(lane)
      const operation = "JobQueue.take"
      let stored: Option.Option<Lease> = Option.none()
      const taken = change(
        operation,
        [key],
        whenTrusted((table, now) => ({ now, taken: takenJob.take(table, key, now, { owner, leaseMillis, runs }) })),
        {
          // A take that has changed nothing has nothing to lose.
          when: (made) => Result.isFailure(made) || made.success.taken.unchanged ? "stored" : "lasting",
          stored: (made) => {
            if (Result.isFailure(made)) return
            const { now, taken } = made.success
            stored = takenJob.leaseOf(lane, taken, taken.row, now)
          }
        }
      )
      // Nothing runs under a lease that the disk does not have: a job that cuts the power would be run again without end.
      const givingBack = Effect.tapError(taken, () =>
        Option.match(stored, {
          onNone: () => Effect.void,
          onSome: (lease) => {
            const once = settleWhen("stored")(lease, Settlement.cases.Release.make({}))
            return Effect.catch(once, ({ retryable }) => retryable ? giveBack(once) : Effect.void)
          }
        }))
      return Effect.flatMap(
        trusted(operation, givingBack),
        ({ now, taken }) => takenJob.lease(lane, taken, taken.row, now)
      )
    }).pipe(Effect.uninterruptible)

  const renew = Effect.fnUntraced(function*({ epoch, job, lane }: Lease, waitsFor?: ServiceName) {
    return yield* change(
      "JobQueue.renew",
      [laneKey(lane)],
      (table, now) =>
        LeaseRules.renew(table, { lane: laneKey(lane), id: job.id, epoch }, now, { leaseMillis, waitsFor }),
      // A process that loses it to a power cut ends with it.
      { when: "stored" }
    )
  })

  const settleAndTake = ({ epoch, job, lane }: Lease, settlement: Settlement, runs: RunLocation = "in-process") => {
    const key = laneKey(lane)
    return change("JobQueue.settleAndTake", [key], (table, now) => {
      const settled = LeaseRules.settle(table, { lane: key, id: job.id, epoch }, settlement, now)
      const takes = settled && JobSigners.isSignerAccepted(table.signers(), keys)
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
    Context.add(QueueAdmin, yield* TableAdmin.make(store, changes))
  )
})
