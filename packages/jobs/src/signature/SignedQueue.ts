import { Failure } from "@nominal-code/domain/job/Failure"
import { SigningKeys } from "@nominal-code/domain/job/JobSignature"
import { type Lane, laneKey } from "@nominal-code/domain/job/Lane"
import { countRun } from "@nominal-code/domain/telemetry/Metrics"
import { Effect, Layer, Option } from "effect"
import { JobQueue, type Lease, type RunLocation, Settlement } from "../JobQueue.ts"

const detail = "no server of this installation has signed it: it was not stored by one"

const make = Effect.gen(function*() {
  const queue = yield* JobQueue
  if ((yield* SigningKeys).length === 0) return queue

  /** Ends a job that no server has made. Nothing of it is run, and its pull request is told nothing. */
  const refuse = Effect.fnUntraced(function*(lease: Lease) {
    yield* Effect.logError(`job ${lease.job.id} is refused: ${detail}`, { lane: laneKey(lease.lane) })
    yield* queue.settle(lease, Settlement.cases.Park.make({ failure: Failure.cases.Unsigned.make({ detail }) }))
    yield* countRun("refused")
  })

  const unlessForged = Effect.fnUntraced(function*(lease: Option.Option<Lease>) {
    if (Option.isNone(lease) || !lease.value.isForged) return lease
    yield* refuse(lease.value)
    return Option.none()
  })

  return JobQueue.of({
    ...queue,
    take: (lane: Lane, runs?: RunLocation) =>
      Effect.uninterruptible(Effect.flatMap(queue.take(lane, runs), unlessForged)),
    settleAndTake: (lease: Lease, settlement: Settlement, runs?: RunLocation) =>
      Effect.uninterruptible(Effect.flatMap(
        queue.settleAndTake(lease, settlement, runs),
        ({ next, settled }) =>
          // The lease has ended by now: what is wrong with the next job says nothing of it.
          Effect.map(Effect.orElseSucceed(unlessForged(next), () => Option.none()), (next) => ({ settled, next }))
      ))
  })
})

/** The given queue, which gives out no job that no server has signed. */
export const layer = Layer.effect(JobQueue, make)
