import { backoff } from "@nominal-code/domain/job/Backoff"
import { Failure, ServiceName } from "@nominal-code/domain/job/Failure"
import { type Lane, laneKey } from "@nominal-code/domain/job/Lane"
import { RunSlot } from "@nominal-code/domain/job/RunSlot"
import { Cause, Duration, Effect, FiberMap, Layer, Option, Stream } from "effect"
import { JobQueue, type Lease, type ReadyLane } from "../JobQueue.ts"
import { JobRunner } from "../JobRunner.ts"
import * as LeasedRun from "../run/LeasedRun.ts"
import { forgesOf } from "../run/RunSettlement.ts"
import * as RunSlots from "../run/RunSlots.ts"
import { ServiceBreakers, ServiceObservation, type ServiceUse } from "../run/ServiceBreakers.ts"
import * as LaneSchedule from "./LaneSchedule.ts"

/** Pause of a lane whose turn failed. */
const pause = Duration.seconds(1)

/** Retries of a store that is away, without end. */
const listeningAgain = backoff("200 millis", "5 seconds")

const store = ServiceName.make("store")

/** Limits of the runs: their number at a time, and their duration. */
export interface LaneOptions extends LeasedRun.LeasedRunOptions {
  readonly maxConcurrent: number
  /** Time that running jobs have to finish once the scope closes. */
  readonly gracePeriod: Duration.Duration
}

const make = Effect.fnUntraced(function*(options: LaneOptions) {
  const { gracePeriod, maxConcurrent } = options
  const queue = yield* JobQueue
  const runner = yield* JobRunner
  const breakers = yield* ServiceBreakers
  const leasedRun = yield* LeasedRun.make(options)

  const needs = ({ lane, work }: ReadyLane) => work === "notice" ? forgesOf(runner.needs(lane)) : runner.needs(lane)
  const schedule = LaneSchedule.make((ready) => breakers.admits([store, ...needs(ready)]))
  const slots = RunSlots.make(maxConcurrent)
  const location = runner.outOfProcess ? "out-of-process" : "in-process"
  const working = yield* FiberMap.make<string, void, never>()

  /** Takes the lane's first job. If the store is away, all lanes wait here until it is back. */
  const take = Effect.fnUntraced(function*(lane: Lane) {
    const visit = yield* breakers.begin([store])
    return yield* queue.take(lane, location).pipe(
      Effect.tap(() => visit.end(ServiceObservation.cases.Answered.make({ services: [store] }))),
      Effect.tapError(({ message, reason }) => {
        const failure = Failure.cases.Store.make({
          reason: reason === "full" ? "full" : "unavailable",
          detail: message
        })
        return visit.end(ServiceObservation.cases.Away.make({ service: store, failure }))
      }),
      Effect.ensuring(visit.end(ServiceObservation.cases.Nothing.make({})))
    )
  })

  let isClosing = false

  /** Location of the lane's next job, if nobody else waits for this turn to end and its services are there. */
  const next = (lane: Lane) => () =>
    isClosing || slots.isOwed() || schedule.othersWait() || !breakers.admits([store, ...runner.needs(lane)])
      ? undefined
      : location

  /** Runs the next jobs of a lane while its turn lasts. */
  const goOn = Effect.fnUntraced(function*(first: Option.Option<Lease>, turn: Omit<LeasedRun.Turn, "visit">) {
    let lease = first
    while (Option.isSome(lease)) {
      const { lane, task } = lease.value
      const visit = yield* breakers.begin(needs({ lane, work: task._tag === "Notice" ? "notice" : "comment" }))
      lease = yield* leasedRun(lease.value, { ...turn, visit }).pipe(
        Effect.ensuring(visit.end(ServiceObservation.cases.Nothing.make({})))
      )
    }
  })

  /** One turn of a lane: its first job, if there is one to run. Then it is the turn of the others, if there are any. */
  const turn = (ready: ReadyLane, visit: ServiceUse, { release, slot }: RunSlots.HeldSlot) =>
    Effect.uninterruptibleMask((restore) =>
      Effect.gen(function*() {
        const isolate = () => schedule.isolate(ready)
        const lease = yield* take(ready.lane)
        if (Option.isNone(lease)) return
        const turn = { isolate, restore, next: next(ready.lane) }
        yield* goOn(yield* leasedRun(lease.value, { ...turn, visit }), turn)
      }).pipe(
        Effect.catchTag("StoreError", () => Effect.sync(() => schedule.add(ready))),
        // A bug too: nothing may keep a lane from its next turn.
        Effect.catchCauseIf(
          (cause) => !Cause.hasInterruptsOnly(cause),
          (cause) =>
            Effect.logError("a lane failed, trying again", cause).pipe(
              Effect.andThen(restore(Effect.sleep(pause))),
              Effect.andThen(Effect.sync(() => schedule.add(ready)))
            )
        )
      )
    ).pipe(
      // Turns are forked: their defects are logged here, or they are lost.
      Effect.tapDefect((defect) => Effect.logError("a lane failed unexpectedly; its lease expires by itself", defect)),
      Effect.ensuring(
        Effect.andThen(
          visit.end(ServiceObservation.cases.Nothing.make({})),
          Effect.andThen(Effect.sync(() => schedule.done(ready.lane)), release)
        )
      ),
      Effect.provideService(RunSlot, slot),
      Effect.annotateLogs({ lane: laneKey(ready.lane) })
    )

  const dispatch = Effect.forever(Effect.gen(function*() {
    const slot = yield* slots.take
    const ready = yield* schedule.next
    // Before the next lane is chosen: of a service that is being tried again, this run may be the one that tries.
    const visit = yield* breakers.begin(needs(ready))
    yield* FiberMap.run(working, laneKey(ready.lane), turn(ready, visit, slot))
  }))

  let isCutOff = false

  /** Reports a store that tells of its lanes again: the breaker may have minutes left to wait. */
  const storeReached = Effect.suspend(() => {
    if (!isCutOff) return Effect.void
    isCutOff = false
    return Effect.flatMap(
      breakers.begin([]),
      (use) => use.end(ServiceObservation.cases.Reached.make({ services: [store] }))
    )
  })

  const listen = Stream.runForEachArray(
    queue.ready,
    (lanes) => Effect.andThen(storeReached, Effect.sync(() => schedule.add(...lanes)))
  ).pipe(
    Effect.onError(() => Effect.sync(() => isCutOff = true)),
    Effect.tapError(({ message }) => Effect.logWarning(`the queue cannot be read, trying again: ${message}`)),
    Effect.tapDefect((defect) => Effect.logError("the queue cannot be read, trying again", defect)),
    Effect.sandbox,
    Effect.retry(listeningAgain)
  )

  const drain = Effect.gen(function*() {
    isClosing = true
    const running = yield* FiberMap.size(working)
    if (running === 0) return
    if (runner.outOfProcess) {
      return yield* Effect.logInfo(
        `${running} job(s) run on in the cluster; another server, or the next start, goes on with them`
      )
    }
    yield* Effect.logInfo(`waiting up to ${Duration.format(gracePeriod)} for ${running} running job(s) to finish`)
    yield* Effect.interruptible(FiberMap.awaitEmpty(working)).pipe(Effect.timeoutOption(gracePeriod))
    const left = yield* FiberMap.size(working)
    if (left > 0) yield* Effect.logWarning(`interrupting ${left} job(s); they run again at the next start`)
  })

  // The scope undoes this from the bottom up: no new turns, then time for the running ones, then their interruption.
  yield* Effect.addFinalizer(() => drain)
  yield* Effect.forkScoped(dispatch)
  yield* Effect.forkScoped(Stream.runForEach(breakers.readmitted, () => Effect.sync(() => schedule.recheck())))
  yield* Effect.forkScoped(listen)
})

/**
 * Works the lanes of the queue: one job of a lane at a time, at most `maxConcurrent` in all, each lane in its own
 * fiber while it has its turn, and none whose services are away. Closing the scope lets running jobs finish for
 * `gracePeriod`, and then gives their leases back.
 */
export const layer = (options: LaneOptions) => Layer.effectDiscard(make(options))
