import { assert, it } from "@effect/vitest"
import { JobQueue } from "@nominal-code/jobs/JobQueue"
import { JobRunner } from "@nominal-code/jobs/JobRunner"
import * as Lanes from "@nominal-code/jobs/lane/Lane"
import * as MemoryQueue from "@nominal-code/jobs/memory/MemoryQueue"
import { reviewed } from "@nominal-code/testing/Jobs"
import { quiet } from "@nominal-code/testing/Quiet"
import { Deferred, Duration, Effect, Layer, Logger, Option } from "effect"
import { deliver, pullRequest, server } from "./ServerFixture.ts"

it.live("logs that a job is accepted before its first attempt starts, though it is taken before the store has answered", () =>
  Effect.gen(function*() {
    const log: Array<string> = []
    const [taken, ended] = [yield* Deferred.make<void>(), yield* Deferred.make<void>()]
    // The lane takes each job before the offer of it ends, and has all the time that it needs to run it.
    const queue = Layer.effect(
      JobQueue,
      Effect.map(JobQueue, (stored) =>
        JobQueue.of({
          ...stored,
          offerAll: (jobs) => Effect.tap(stored.offerAll(jobs), () => Effect.andThen(Deferred.await(taken), quiet)),
          take: (lane) =>
            Effect.tap(stored.take(lane), (lease) =>
              Option.isSome(lease) ? Deferred.succeed(taken, undefined) : Effect.void)
        }))
    ).pipe(Layer.provideMerge(MemoryQueue.layer))
    const runner = JobRunner.of({
      run: () => Effect.as(Deferred.succeed(ended, undefined), reviewed),
      cancel: () => Effect.void,
      postNotice: () => Effect.never,
      needs: () => [],
      outOfProcess: false
    })
    const lanes = Lanes.layer({
      maxConcurrent: 4,
      maxAttempts: 3,
      giveUpAfter: Duration.hours(24),
      deadline: Duration.minutes(30),
      gracePeriod: Duration.zero
    }).pipe(Layer.provide(Layer.succeed(JobRunner, runner)))
    yield* Effect.gen(function*() {
      assert.strictEqual((yield* deliver(pullRequest())).status, 202)
      yield* Deferred.await(ended)
    }).pipe(Effect.provide(
      lanes.pipe(
        Layer.provideMerge(server({ queue })),
        Layer.provideMerge(Logger.layer([Logger.make(({ message }) => void log.push([message].flat().join(" ")))]))
      )
    ))
    const told = log.map((line) => line.split(" ")[0]).filter((word) => word === "accepted" || word === "attempt")
    assert.deepStrictEqual(told, ["accepted", "attempt"])
  }))
