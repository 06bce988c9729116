import { assert, it } from "@effect/vitest"
import { JobRunner } from "@nominal-code/jobs/JobRunner"
import { clusterFailed, tooLong } from "@nominal-code/kubernetes/Ending"
import type { KubeJob, KubePod } from "@nominal-code/kubernetes/KubeObjects"
import * as KubernetesRunner from "@nominal-code/kubernetes/KubernetesRunner"
import { jobName } from "@nominal-code/kubernetes/Names"
import { Context, Duration, Effect, Fiber, Layer, Logger, Option } from "effect"
import { TestClock } from "effect/testing"
import { laneOf, mention, reviewed } from "../../jobs/test/Jobs.ts"
import { quiet } from "../../jobs/test/readySuite.ts"
import { testResults } from "../../jobs/test/TestResults.ts"
import { fakeKube } from "./FakeKube.ts"
import { clusterConfig, reasonOf } from "./KubeScene.ts"

const job = mention(laneOf(1), "a")
const name = jobName(job, 1)
const run = { id: job.id, attempt: 1 }

/** Another Job of the pull request that has not ended. */
const other = (receivedAt: string): KubeJob => ({
  name: "the-other",
  labels: {},
  annotations: { "nominal-code/received-at": receivedAt },
  deleting: false,
  running: true,
  end: Option.none()
})

/** A runner whose run of the job is under way, and the Jobs that were there before. */
const started = Effect.fnUntraced(function*(before: ReadonlyArray<KubeJob> = []) {
  const kube = yield* fakeKube
  for (const job of before) kube.jobs.set(job.name, job)
  const results = yield* testResults
  const context = yield* Layer.build(
    Layer.fresh(KubernetesRunner.layer({ notice: () => Effect.void })).pipe(
      Layer.provide([kube.layer, results.layer, clusterConfig(), Logger.layer([])])
    )
  )
  const running = yield* Effect.forkChild(Context.get(context, JobRunner).run(job, 1))
  yield* quiet
  return { kube, results, running }
})

const unknown: KubePod = {
  name: `${name}-x`,
  job: name,
  phase: "Pending",
  failure: Option.none(),
  unschedulable: Option.none(),
  waiting: Option.none(),
  exit: Option.none()
}

const runs = (job: KubeJob | undefined): KubeJob => ({
  ...job ?? { name, labels: {}, annotations: {}, deleting: false, end: Option.none() },
  running: true
})

it.effect("a Job that outlives its deadline by ten seconds is ended, and its run is over when it is gone", () =>
  Effect.gen(function*() {
    const { kube, running } = yield* started()
    yield* kube.changed(runs(kube.jobs.get(name)))
    yield* TestClock.adjust("609 seconds")
    assert.deepStrictEqual(kube.log, [`create ${name}`])
    yield* TestClock.adjust("1 second")
    yield* quiet
    assert.deepStrictEqual(kube.log, [`create ${name}`, `delete ${name}`])
    yield* TestClock.adjust("4 seconds")
    assert.isUndefined(running.pollUnsafe())
    yield* kube.removed(name)
    yield* TestClock.adjust("1 second")
    assert.deepStrictEqual(yield* Fiber.join(running), tooLong(Duration.minutes(10)))
  }))

it.effect("a result that nobody was told of is found at the deadline at the latest", () =>
  Effect.gen(function*() {
    const { kube, results, running } = yield* started()
    yield* kube.changed(runs(kube.jobs.get(name)))
    yield* results.store(run, reviewed)
    yield* TestClock.adjust("610 seconds")
    yield* kube.removed(name)
    yield* TestClock.adjust("1 second")
    assert.deepStrictEqual(yield* Fiber.join(running), reviewed)
  }))

it.effect("a pod that finds no place in five minutes is given up, with the scheduler's reason", () =>
  Effect.gen(function*() {
    const { kube, running } = yield* started()
    yield* kube.pod({ ...unknown, unschedulable: Option.some("0/3 nodes are available: 3 Insufficient memory.") })
    yield* TestClock.adjust("299 seconds")
    assert.isUndefined(running.pollUnsafe())
    yield* TestClock.adjust("1 second")
    yield* quiet
    yield* kube.removed(name)
    yield* TestClock.adjust("1 second")
    const outcome = yield* Fiber.join(running)
    assert.match(reasonOf(outcome), /^cluster: no pod of the Job could be started in 5 minutes: 0\/3 nodes/)
    assert.deepStrictEqual(kube.log, [`create ${name}`, `delete ${name}`])
  }))

it.effect("a pod that runs has as long as its deadline", () =>
  Effect.gen(function*() {
    const { kube, results, running } = yield* started()
    yield* kube.pod({ ...unknown, phase: "Running" })
    yield* TestClock.adjust("9 minutes")
    assert.isUndefined(running.pollUnsafe())
    yield* results.report(run, reviewed)
    assert.deepStrictEqual(yield* Fiber.join(running), reviewed)
  }))

it.effect("while the API server is away, what a pod reports is heard all the same", () =>
  Effect.gen(function*() {
    const { kube, results, running } = yield* started()
    yield* kube.away(true)
    yield* TestClock.adjust("1 minute")
    yield* results.report(run, reviewed)
    assert.deepStrictEqual(yield* Fiber.join(running), reviewed)
  }))

it.effect("an API server that stays away fails the attempt, and another one may succeed", () =>
  Effect.gen(function*() {
    const kube = yield* fakeKube
    const results = yield* testResults
    yield* kube.away(true)
    const context = yield* Layer.build(
      Layer.fresh(KubernetesRunner.layer({ notice: () => Effect.void })).pipe(
        Layer.provide([kube.layer, results.layer, clusterConfig(), Logger.layer([])])
      )
    )
    const running = yield* Effect.forkChild(Context.get(context, JobRunner).run(job, 1))
    yield* TestClock.adjust("2 minutes")
    assert.deepStrictEqual(yield* Fiber.join(running), clusterFailed("unavailable", "Kubernetes: ask: nobody answers"))
  }))

it.effect("a Job that cannot be ended holds its pull request up for minutes, and not for ever", () =>
  Effect.gen(function*() {
    const { kube, running } = yield* started()
    yield* kube.changed(runs(kube.jobs.get(name)))
    yield* TestClock.adjust("610 seconds")
    yield* TestClock.adjust("100 seconds")
    assert.strictEqual((yield* Fiber.join(running))._tag, "Failed")
  }))

it.effect("a Job of the pull request that is just ending gets five seconds to be gone", () =>
  Effect.gen(function*() {
    const { kube, results, running } = yield* started([other("0")])
    yield* TestClock.adjust("4 seconds")
    assert.deepStrictEqual(kube.log, [])
    yield* kube.changed({ ...other("0"), end: Option.some({ succeeded: true, reason: "", message: "" }) })
    yield* quiet
    assert.deepStrictEqual(kube.log, [`create ${name}`])
    yield* results.report(run, reviewed)
    assert.deepStrictEqual(yield* Fiber.join(running), reviewed)
  }))

it.effect("an older Job of the pull request, for which nobody waits, is ended, and gone before this one starts", () =>
  Effect.gen(function*() {
    const { kube, results, running } = yield* started([other("0")])
    yield* TestClock.adjust("6 seconds")
    yield* quiet
    assert.deepStrictEqual(kube.log, ["delete the-other"])
    yield* kube.removed("the-other")
    yield* quiet
    assert.deepStrictEqual(kube.log, ["delete the-other", `create ${name}`])
    yield* results.report(run, reviewed)
    assert.deepStrictEqual(yield* Fiber.join(running), reviewed)
  }))

it.effect("a newer Job of the pull request is left alone: this attempt is the one that comes too late", () =>
  Effect.gen(function*() {
    const { kube, running } = yield* started([other("1700000000000")])
    yield* TestClock.adjust("2 minutes")
    assert.deepStrictEqual(kube.log, [])
    assert.deepStrictEqual(
      yield* Fiber.join(running),
      clusterFailed("not-started", "another Job of the same pull request does not end")
    )
  }))
