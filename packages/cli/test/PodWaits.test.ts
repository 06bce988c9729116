import { assert, it } from "@effect/vitest"
import { modelService } from "@nominal-code/domain/job/Failure"
import * as RunWaits from "@nominal-code/domain/job/RunWaits"
import { JobResults } from "@nominal-code/jobs/JobResults"
import { StoreError } from "@nominal-code/persistence/StoreError"
import { laneOf, push } from "@nominal-code/testing/Jobs"
import { testResults } from "@nominal-code/testing/TestResults"
import { Effect, Fiber, Option, Stream } from "effect"
import { TestClock } from "effect/testing"
import { reportWaits } from "../src/PodWaits.ts"

const job = push(laneOf(1), "a")

it.effect("a pod tells that its run waits, and that it goes on, and nothing of a short wait", () =>
  Effect.gen(function*() {
    const results = yield* testResults
    const waits = yield* RunWaits.make
    const told: Array<string> = []
    const heard = yield* results.waits({ id: job.id, run: 2 })
    yield* Effect.forkScoped(
      Stream.runForEach(heard, (service) => Effect.sync(() => told.push(Option.getOrElse(service, () => "goes on"))))
    )
    yield* Effect.forkScoped(
      reportWaits({ job, run: 2 }, waits).pipe(Effect.provideService(JobResults, JobResults.of(results)))
    )
    const waiting = (service: string, seconds: number) =>
      Effect.forkScoped(waits.during(modelService(service))(Effect.sleep(`${seconds} seconds`)))
    yield* TestClock.adjust("1 second")
    yield* waiting("openai", 2)
    yield* TestClock.adjust("6 seconds")
    const long = yield* waiting("anthropic", 20)
    yield* waiting("google", 4)
    yield* TestClock.adjust("25 seconds")
    yield* Fiber.join(long)
    assert.deepStrictEqual(told, ["model:anthropic", "goes on"])
  }))

it.effect("a server that takes a pod over learns within 20 seconds that its run waits, or waits no longer", () =>
  Effect.gen(function*() {
    const results = yield* testResults
    const waits = yield* RunWaits.make
    yield* Effect.forkScoped(
      reportWaits({ job, run: 2 }, waits).pipe(Effect.provideService(JobResults, JobResults.of(results)))
    )
    yield* Effect.forkScoped(waits.during(modelService("anthropic"))(Effect.sleep("2 minutes")))
    yield* TestClock.adjust("1 minute")
    const heard = yield* results.waits({ id: job.id, run: 2 })
    const told: Array<string> = []
    yield* Effect.forkScoped(
      Stream.runForEach(heard, (service) => Effect.sync(() => told.push(Option.getOrElse(service, () => "goes on"))))
    )
    yield* TestClock.adjust("20 seconds")
    assert.deepStrictEqual(told, ["model:anthropic"])
    yield* TestClock.adjust("45 seconds")
    told.length = 0
    yield* TestClock.adjust("20 seconds")
    assert.deepStrictEqual(told, ["goes on"])
  }))

it.effect("a run without a number has no server that could be told", () =>
  Effect.gen(function*() {
    const results = yield* testResults
    const waits = yield* RunWaits.make
    const tellWait = () => Effect.die("there is nobody to tell")
    const fiber = yield* Effect.forkScoped(
      reportWaits({ job }, waits).pipe(Effect.provideService(JobResults, JobResults.of({ ...results, tellWait })))
    )
    yield* Effect.forkScoped(waits.during(modelService("anthropic"))(Effect.sleep("1 minute")))
    yield* TestClock.adjust("1 minute")
    assert.isUndefined(fiber.pollUnsafe())
  }))

it.effect("what a pod could not tell is told with its next look", () =>
  Effect.gen(function*() {
    const results = yield* testResults
    const waits = yield* RunWaits.make
    const tried: Array<string> = []
    const away = new StoreError({ operation: "JobResults.tellWait", message: "redis is away", reason: "unavailable" })
    const tellWait: JobResults["Service"]["tellWait"] = (_, service) =>
      Effect.suspend(() => {
        tried.push(Option.getOrElse(service, () => "goes on"))
        return tried.length % 2 === 1 ? Effect.fail(away) : Effect.void
      })
    yield* Effect.forkScoped(
      reportWaits({ job, run: 2 }, waits).pipe(
        Effect.provideService(JobResults, JobResults.of({ ...results, tellWait }))
      )
    )
    yield* Effect.forkScoped(waits.during(modelService("anthropic"))(Effect.sleep("22 seconds")))
    yield* TestClock.adjust("40 seconds")
    assert.deepStrictEqual(tried, ["model:anthropic", "model:anthropic", "goes on", "goes on"])
  }))
