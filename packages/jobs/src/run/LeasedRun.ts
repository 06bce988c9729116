import type { JobOutcome } from "@nominal-code/domain/job/Job"
import { type Notice, NoticeOutcome } from "@nominal-code/domain/job/Notice"
import { countUsage } from "@nominal-code/domain/telemetry/Metrics"
import { inTraceOf } from "@nominal-code/domain/telemetry/Trace"
import { type Duration, Effect, Exit, Option } from "effect"
import { type Lease, type RenewalResult, type RunLocation, Settlement, type StopReason } from "../JobQueue.ts"
import { JobRunner } from "../JobRunner.ts"
import { makeAttempts } from "./Attempt.ts"
import * as HeldLease from "./HeldLease.ts"
import { OffersUnderWay } from "./OffersUnderWay.ts"
import { countEnded, reportSettled } from "./RunReport.ts"
import * as RunSettlement from "./RunSettlement.ts"
import type { ServiceUse } from "./ServiceBreakers.ts"

/** Parts of a lane's turn that a run needs. */
export interface Turn {
  readonly visit: ServiceUse
  /** Isolates the turn; false if something else runs here, and the run has to come later. */
  readonly isolate: () => boolean
  readonly restore: HeldLease.RestoreFunction
  /** Location in which the lane's next job may run at once; none if it is the turn of others. */
  readonly next: () => RunLocation | undefined
}

const usageOf = (settlement: Settlement) =>
  settlement._tag === "Done" && "usage" in settlement.outcome ? settlement.outcome.usage : undefined

/** Limits of one run, and those after which its job is given up. */
export interface LeasedRunOptions extends RunSettlement.SettlementOptions {
  readonly deadline: Duration.Duration
}

/** Number of losses after which a job runs alone. */
const lossesBeforeAlone = 2

const isLost = (renewed: RenewalResult): renewed is "lost" => renewed === "lost"
/**
 * Makes the function that carries out a lease's task and settles the lease, whatever happens, and returns the lane's next
 * lease if the turn goes on with it. Call it uninterruptibly.
 */
export const make = Effect.fnUntraced(
  function*(options: LeasedRunOptions) {
    const { deadline, maxAttempts } = options
    const runner = yield* JobRunner
    const offers = yield* OffersUnderWay
    const held = yield* HeldLease.make
    const { keep, settle } = held
    const { run, tell } = makeAttempts(runner, held, deadline)
    const { beforeRun, ofNotice, ofRun } = yield* RunSettlement.make(options)

    const conclude = Effect.fnUntraced(
      function*(lease: Lease, settlement: Settlement, { restore }: Turn, runs?: RunLocation) {
        const { next, settled } = yield* settle(lease, settlement, restore, runs)
        if (!settled) return next
        yield* reportSettled(lease, maxAttempts)(settlement)
        const usage = usageOf(settlement)
        if (usage !== undefined) yield* countUsage(usage)
        return next
      }
    )

    const release = (lease: Lease, turn: Turn) => conclude(lease, Settlement.cases.Release.make({}), turn)

    const lose = Effect.andThen(
      Effect.logWarning("the lease was lost: the run was stopped, another process has the job"),
      Effect.as(countEnded("lost"), Option.none<Lease>())
    )

    /** Handles a run that ended without an outcome. */
    const abandon = Effect.fnUntraced(function*(lease: Lease, kept: "lost" | "unreachable", turn: Turn) {
      if (kept === "lost") return yield* lose
      yield* Effect.logWarning("the lease could not be renewed in time: the run was stopped, and the job runs again")
      return yield* release(lease, turn)
    })

    /** Ends what still runs of a job. If this process ends first, the next one continues. */
    const stop = Effect.fnUntraced(function*(lease: Lease, why: StopReason, turn: Turn) {
      yield* Effect.logInfo(`${why}: ending what still runs of it`)
      const exit = yield* runner.cancel(lease.job).pipe(
        Effect.catchCause((cause) => Effect.logError("the job runner failed unexpectedly", cause)),
        Effect.raceFirst(keep(lease, isLost)),
        turn.restore,
        Effect.exit
      )
      if (Exit.isFailure(exit)) return yield* release(lease, turn)
      if (exit.value !== undefined) return yield* abandon(lease, exit.value, turn)
      const { next, settled } = yield* settle(lease, Settlement.cases.Park.make({}), turn.restore, turn.next())
      if (!settled) return next
      yield* Effect.logInfo(`${why}: nothing of it runs any more`)
      yield* countEnded(why)
      return next
    })

    /** Runs an effect under the lease, and passes its outcome on unless it was stopped. */
    const under = <A extends JobOutcome | NoticeOutcome>(
      lease: Lease,
      turn: Turn,
      work: Effect.Effect<A | Exclude<HeldLease.LeaseWatchResult, "kept">>,
      settlementOf: (outcome: A) => Effect.Effect<Settlement>
    ) =>
      Effect.gen(function*() {
        const exit = yield* Effect.exit(turn.restore(work))
        if (Exit.isFailure(exit)) {
          if (!Exit.hasInterrupts(exit)) yield* Effect.logError("the job could not be run", exit.cause)
          return yield* release(lease, turn)
        }
        const ended = exit.value
        if (ended === "lost" || ended === "unreachable") return yield* abandon(lease, ended, turn)
        if (ended === "cancelled" || ended === "superseded") return yield* stop(lease, ended, turn)
        const settlement = yield* settlementOf(ended)
        return yield* conclude(lease, settlement, turn, turn.next())
      })

    const review = Effect.fnUntraced(function*(lease: Lease, turn: Turn) {
      const crashed = beforeRun(lease)
      if (Option.isSome(crashed)) return yield* conclude(lease, crashed.value, turn)
      if (!runner.outOfProcess && lease.losses >= lossesBeforeAlone && !turn.isolate()) {
        // Its lease would be lost with the process of another job that kills it.
        yield* Effect.logInfo("its process died twice during its runs: it waits until no other job runs here")
        return yield* release(lease, turn)
      }
      yield* offers.passed(lease.job.id)
      yield* Effect.logInfo(`attempt ${lease.attempt} starts`)
      return yield* under(lease, turn, run(lease), (outcome: JobOutcome) => ofRun(lease, outcome, turn.visit))
    })

    const notify = (lease: Lease, notice: Notice, turn: Turn) =>
      under(lease, turn, tell(lease, notice), (outcome: NoticeOutcome) =>
        NoticeOutcome.match(outcome, {
          Told: () => Effect.logInfo("the notice is posted"),
          Reviewed: () => Effect.void,
          Postponed: () => Effect.void,
          Refused: ({ detail }) => Effect.logError(`the notice could not be posted: ${detail}`)
        }).pipe(Effect.andThen(ofNotice(lease, outcome, turn.visit))))

    return (lease: Lease, turn: Turn): Effect.Effect<Option.Option<Lease>> => {
      if (Option.isSome(lease.stop)) return stop(lease, lease.stop.value, turn)
      return lease.task._tag === "Notice" ? notify(lease, lease.task.notice, turn) : review(lease, turn)
    }
  },
  (effect) =>
    Effect.map(effect, (leasedRun) => (lease: Lease, turn: Turn) =>
      leasedRun(lease, turn).pipe(
        Effect.annotateLogs({
          job: lease.job.id,
          delivery: lease.job.delivery,
          attempt: lease.attempt,
          run: lease.run
        }),
        inTraceOf(lease.job)
      ))
)
