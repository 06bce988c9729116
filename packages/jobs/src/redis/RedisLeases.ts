import type { ServiceName } from "@nominal-code/domain/job/Failure"
import { type Lane, laneKey } from "@nominal-code/domain/job/Lane"
import type { StoreError } from "@nominal-code/persistence/StoreError"
import { Duration, Effect, Option, Result } from "effect"
import { type JobQueue, type Lease, QueueLimits, type RunLocation, Settlement } from "../JobQueue.ts"
import * as GivingBack from "../lane/GivingBack.ts"
import * as LeaseRules from "../lane/LeaseRules.ts"
import type { JobTable } from "../table/JobTable.ts"
import * as TakenJob from "../table/TakenJob.ts"
import type { Lanes, StepResult } from "./RedisLane.ts"
import type { RedisSigners } from "./RedisSigners.ts"

const tokenOf = ({ epoch, job, lane }: Lease): LeaseRules.FencingToken => ({ lane: laneKey(lane), id: job.id, epoch })

/** Makes the renewal of leases. */
const makeRenew =
  ({ step }: Lanes, leaseMillis: number): JobQueue["Service"]["renew"] => (lease, waitsFor?: ServiceName) =>
    Effect.map(
      step(
        { operation: "JobQueue.renew", lane: laneKey(lease.lane), ids: [lease.job.id], quiet: true },
        (table, now) => LeaseRules.renew(table, tokenOf(lease), now, { leaseMillis, waitsFor })
      ),
      ({ value }) => value
    )

/** Makes the settlement of leases. */
const makeSettle = ({ begin }: Lanes): JobQueue["Service"]["settle"] => (lease, settlement) =>
  Effect.map(
    begin(
      {
        operation: "JobQueue.settle",
        lane: laneKey(lease.lane),
        ids: [lease.job.id],
        patient: true,
        about: (settled: boolean) => settled ? [lease.job.id] : []
      },
      (table, now) => LeaseRules.settle(table, tokenOf(lease), settlement, now)
    ),
    ({ value }) => value
  )

/** Makes what all takes share: the job that is taken from a lane's table, and the lease of it. */
const makeTaking = Effect.fnUntraced(function*(leaseMillis: number, signers: RedisSigners) {
  const takenJob = yield* TakenJob.make
  return {
    from: (table: JobTable, key: string, now: number, runs: RunLocation) =>
      takenJob.take(table, key, now, { owner: "redis", leaseMillis, runs }),
    leaseOf: Effect.fnUntraced(
      function*(lane: Lane, taken: TakenJob.TakenJob, { now, row }: Pick<StepResult<unknown>, "now" | "row">) {
        const lease = yield* takenJob.lease(lane, taken, taken.row === undefined ? undefined : row(taken.row.id), now)
        // A server without a key may have stored it, because Redis has lost the note that the jobs are signed.
        if (Option.exists(lease, ({ isForged }) => isForged)) yield* signers.restore
        return lease
      }
    )
  }
})

type Taking = Effect.Success<ReturnType<typeof makeTaking>>

/** Makes the take of a lane's head. */
const makeTake = Effect.fnUntraced(
  function*({ begin }: Lanes, taking: Taking, settle: JobQueue["Service"]["settle"]) {
    const givingBack = yield* GivingBack.make

    const takeStep = (lane: Lane, runs: RunLocation) => {
      const key = laneKey(lane)
      const taken = begin(
        {
          operation: "JobQueue.take",
          lane: key,
          trusted: true,
          about: ({ row }: TakenJob.TakenJob) => row === undefined ? [] : [row.id]
        },
        (table, now) => taking.from(table, key, now, runs)
      )
      return Effect.flatMap(taken, (step) => taking.leaseOf(lane, step.value, step))
    }

    /**
     * Gives back what a take may have got that has failed: a Redis that hung may carry it out yet, and nobody has the
     * lease. The take is the same request once more, so that it finds that lease, or leaves the late one without effect.
     */
    const giveBack = (again: Effect.Effect<Option.Option<Lease>, StoreError>) =>
      givingBack(Effect.flatMap(
        again,
        Option.match({
          onNone: () => Effect.void,
          onSome: (lease) => settle(lease, Settlement.cases.Release.make({}))
        })
      ))

    return (lane: Lane, runs: RunLocation = "in-process") =>
      Effect.suspend(() => {
        const step = takeStep(lane, runs)
        return Effect.tapError(step, ({ retryable }) => retryable ? giveBack(step) : Effect.void)
      }).pipe(Effect.uninterruptible)
  }
)

/** Makes the settlement that takes the lane's next job with the same write. */
const makeSettleAndTake =
  ({ begin }: Lanes, taking: Taking, settle: JobQueue["Service"]["settle"]): JobQueue["Service"]["settleAndTake"] =>
  (lease, settlement, runs = "in-process") => {
    const { job, lane } = lease
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
        const settled = LeaseRules.settle(table, tokenOf(lease), settlement, now)
        return { settled, taken: settled ? taking.from(table, key, now, runs) : TakenJob.none }
      }
    )
    return Effect.uninterruptible(Effect.gen(function*() {
      const made = yield* Effect.result(ending)
      if (Result.isSuccess(made)) {
        const { settled, taken } = made.success.value
        return { settled, next: yield* taking.leaseOf(lane, taken, made.success) }
      }
      // A process whose signatures do not count takes nothing, and settles what it has.
      if (made.failure.reason !== "failed") return yield* made.failure
      return { settled: yield* settle(lease, settlement), next: Option.none<Lease>() }
    }))
  }

/** Makes the leases of jobs: takes, renewals and settlements. */
export const make = Effect.fnUntraced(function*(lanes: Lanes, signers: RedisSigners) {
  const leaseMillis = Duration.toMillis((yield* QueueLimits).leaseDuration)
  const taking = yield* makeTaking(leaseMillis, signers)
  const settle = makeSettle(lanes)
  return {
    take: yield* makeTake(lanes, taking, settle),
    renew: makeRenew(lanes, leaseMillis),
    settle,
    settleAndTake: makeSettleAndTake(lanes, taking, settle)
  }
})
