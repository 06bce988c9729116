import { AppConfig } from "@nominal-code/config/AppConfig"
import { type Lane, laneKey } from "@nominal-code/domain/Lane"
import { RunSlot } from "@nominal-code/domain/RunSlot"
import { Duration, Effect, FiberMap, Layer, Option, Schedule, Stream } from "effect"
import { JobQueue } from "./JobQueue.ts"
import * as LeasedRun from "./LeasedRun.ts"
import * as Rotation from "./Rotation.ts"
import * as RunSlots from "./RunSlots.ts"

/** How long a lane rests after its turn failed. */
const pause = Duration.seconds(1)

/** A store that was away is asked again, for as long as it takes. */
const listeningAgain = Schedule.min([Schedule.exponential("200 millis"), Schedule.spaced("5 seconds")])

const make = Effect.gen(function*() {
  const { jobs: { gracePeriod, maxConcurrent } } = yield* AppConfig
  const queue = yield* JobQueue
  const leasedRun = yield* LeasedRun.make
  const rotation = Rotation.make()
  const slots = RunSlots.make(maxConcurrent)
  const working = yield* FiberMap.make<string, void, never>()

  /** One turn of a lane: its first job, if there is one to run. Then it is the turn of the others. */
  const turn = (lane: Lane, { release, slot }: RunSlots.HeldSlot) =>
    Effect.uninterruptibleMask((restore) =>
      queue.take(lane).pipe(
        Effect.flatMap((lease) => Option.isSome(lease) ? leasedRun(lease.value, restore) : Effect.void),
        // A bug too: nothing may keep a lane from its next turn.
        Effect.sandbox,
        Effect.catch((cause) =>
          Effect.logWarning("no job could be taken, trying again", cause).pipe(
            Effect.andThen(restore(Effect.sleep(pause))),
            Effect.andThen(Effect.sync(() => rotation.add(lane)))
          )
        )
      )
    ).pipe(
      // Nobody waits for a turn: what breaks in one would break in silence.
      Effect.tapDefect((defect) => Effect.logError("a lane's turn broke; its lease runs out by itself", defect)),
      Effect.ensuring(Effect.andThen(Effect.sync(() => rotation.done(lane)), release)),
      Effect.provideService(RunSlot, slot),
      Effect.annotateLogs({ lane: laneKey(lane) })
    )

  const dispatch = Effect.forever(Effect.gen(function*() {
    const slot = yield* slots.take
    const lane = yield* rotation.next
    yield* FiberMap.run(working, laneKey(lane), turn(lane, slot))
  }))

  const listen = Stream.runForEach(queue.ready, (lane) => Effect.sync(() => rotation.add(lane))).pipe(
    Effect.sandbox,
    Effect.tapError((cause) => Effect.logWarning("the queue cannot be read, trying again", cause)),
    Effect.retry(listeningAgain)
  )

  const drain = Effect.gen(function*() {
    const running = yield* FiberMap.size(working)
    if (running === 0) return
    yield* Effect.logInfo(`waiting up to ${Duration.format(gracePeriod)} for ${running} running job(s) to finish`)
    yield* Effect.interruptible(FiberMap.awaitEmpty(working)).pipe(Effect.timeoutOption(gracePeriod))
    const left = yield* FiberMap.size(working)
    if (left > 0) yield* Effect.logWarning(`interrupting ${left} job(s); they run again at the next start`)
  })

  // The scope undoes this from the bottom up: no new turns, then time for the running ones, then their interruption.
  yield* Effect.addFinalizer(() => drain)
  yield* Effect.forkScoped(dispatch)
  yield* Effect.forkScoped(listen)
})

/**
 * Works the lanes of the queue: one job of a lane at a time, at most `jobs.max_concurrent` in all, each lane in its own
 * fiber while it has its turn. Closing the scope lets running jobs finish for `jobs.grace_period`, and then gives their
 * leases back.
 */
export const layer = Layer.effectDiscard(make)
