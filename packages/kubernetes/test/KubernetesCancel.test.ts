import { assert, it } from "@effect/vitest"
import { ServiceName } from "@nominal-code/domain/job/Failure"
import { JobRunner } from "@nominal-code/jobs/JobRunner"
import * as ServiceBreakers from "@nominal-code/jobs/run/ServiceBreakers"
import * as KubernetesRunner from "@nominal-code/kubernetes/KubernetesRunner"
import { kubeJobName } from "@nominal-code/kubernetes/Names"
import { laneOf, mention, reviewed } from "@nominal-code/testing/Jobs"
import { laneWorld } from "@nominal-code/testing/LaneWorld"
import { quiet } from "@nominal-code/testing/Quiet"
import { testResults } from "@nominal-code/testing/TestResults"
import { Context, Effect, Fiber, Layer, Logger, Option, Schedule } from "effect"
import { TestClock } from "effect/testing"
import { fakeKube } from "./FakeKube.ts"
import { asked, does, options, scene } from "./KubeScene.ts"

const lane = laneOf(1)
const [a, b] = [mention(lane, "a"), mention(lane, "b")]
const [nameOfA, nameOfB] = [kubeJobName(a, 1), kubeJobName(b, 1)]
const cancelled = { state: "parked", attempts: 1, reason: "cancelled" }
const wait = (duration: Parameters<typeof TestClock.adjust>[0]) => Effect.andThen(TestClock.adjust(duration), quiet)

/** Lanes whose jobs run as Jobs of a cluster. */
const world = Effect.gen(function*() {
  const kube = yield* fakeKube
  const results = yield* testResults
  const context = yield* Layer.build(
    Layer.fresh(
      KubernetesRunner.layer(options(), {
        notice: () => Effect.die("nobody is told"),
        command: () => Option.none(),
        needs: () => []
      })
    )
      .pipe(
        Layer.provide([kube.layer, results.layer, Layer.fresh(ServiceBreakers.layer), Logger.layer([])])
      )
  )
  return { kube, results, ...yield* laneWorld(Context.get(context, JobRunner)) }
})

it.effect("the Job of a cancelled job is deleted, and gone before anything else of its pull request starts", () =>
  Effect.gen(function*() {
    const { admin, kube, offer, results, start, stateOf } = yield* world
    yield* start
    yield* offer(a, b)
    yield* admin.cancel(a.id)
    assert.deepStrictEqual(kube.log, [`create ${nameOfA}`])
    yield* wait("10 seconds")
    assert.deepStrictEqual(kube.log, [`create ${nameOfA}`, `delete ${nameOfA}`])
    // Its pods have a minute to end: longer than a lease.
    yield* wait("60 seconds")
    assert.deepStrictEqual(kube.log, [`create ${nameOfA}`, `delete ${nameOfA}`])
    assert.strictEqual((yield* stateOf(a)).state, "running")
    yield* kube.removed(nameOfA)
    yield* quiet
    assert.deepStrictEqual(yield* stateOf(a), cancelled)
    assert.deepStrictEqual(kube.log, [`create ${nameOfA}`, `delete ${nameOfA}`, `create ${nameOfB}`])
    yield* results.report({ id: b.id, run: 1 }, reviewed)
    yield* quiet
    assert.strictEqual((yield* stateOf(b)).state, "done")
  }))

it.effect("what a pod waits for shows in the record of its job with the next renewal, and no longer than it waits", () =>
  Effect.gen(function*() {
    const { offer, records, results, start } = yield* world
    const waitsFor = Effect.map(records.find(a.id), Option.flatMap((record) => record.waitsFor))
    yield* start
    yield* offer(a)
    yield* quiet
    yield* results.tellWait({ id: a.id, run: 1 }, Option.some(ServiceName.make("model:anthropic")))
    yield* wait("10 seconds")
    assert.deepStrictEqual(yield* waitsFor, Option.some({ service: "model:anthropic", since: 10_000 }))
    yield* results.tellWait({ id: a.id, run: 1 }, Option.none())
    yield* wait("10 seconds")
    assert.deepStrictEqual(yield* waitsFor, Option.none())
  }))

it.effect("the Job of a cancelled job whose server is gone is deleted by the next one, although nothing else waits", () =>
  Effect.gen(function*() {
    const { admin, events, kube, offer, start, stateOf } = yield* world
    const { stop } = yield* start
    yield* offer(a)
    yield* admin.cancel(a.id)
    yield* stop
    assert.deepStrictEqual(kube.log, [`create ${nameOfA}`])
    yield* start
    assert.deepStrictEqual(kube.log, [`create ${nameOfA}`, `delete ${nameOfA}`])
    yield* kube.removed(nameOfA)
    yield* quiet
    assert.deepStrictEqual(yield* stateOf(a), cancelled)
    assert.deepStrictEqual(events, ["start a", "stop a", "cancel a"])
  }))

it.effect("a Job that cannot be ended keeps its pull request waiting for minutes, and not for ever", () =>
  Effect.gen(function*() {
    const { admin, kube, offer, start, stateOf } = yield* world
    yield* start
    yield* offer(a)
    yield* admin.cancel(a.id)
    yield* wait("10 seconds")
    yield* wait("89 seconds")
    assert.strictEqual((yield* stateOf(a)).state, "running")
    yield* wait("1 second")
    assert.deepStrictEqual(yield* stateOf(a), cancelled)

    yield* kube.refuse("unreachable")
    yield* admin.retry(a.id)
    yield* quiet
    yield* admin.cancel(a.id)
    yield* TestClock.adjust("5 minutes")
    assert.strictEqual((yield* stateOf(a)).state, "parked")
  }))

it.live("every Job of a cancelled job that runs is ended, whichever run it is of, and no other one", () =>
  Effect.gen(function*() {
    const { cluster, runner } = yield* scene(() => does(Effect.never))
    const running = (count: number) =>
      Effect.sync(() => cluster.controller.running.size).pipe(
        Effect.repeat({ schedule: Schedule.spaced("10 millis"), until: (size) => size === count }),
        Effect.timeout("10 seconds")
      )
    // What waited for the first has given up: its Job runs on.
    const first = yield* Effect.forkChild(runner.run(a, 1))
    yield* running(1)
    yield* Fiber.interrupt(first)
    const other = mention(laneOf(2), "other")
    yield* Effect.forkChild(runner.run(other, 1))
    yield* running(2)
    const [ours] = cluster.store.jobs()
    if (ours === undefined) return assert.fail("there is no Job")
    const labels = { ...ours.metadata.labels, "nominal-code/job-id": b.id }
    cluster.store.put({ ...ours, metadata: { ...ours.metadata, name: nameOfB, labels } })
    cluster.store.put({ ...ours, metadata: { ...ours.metadata, name: kubeJobName(a, 2) } })

    const own = [nameOfA, kubeJobName(a, 2)]
    const left = Effect.sync(() => cluster.store.jobs().filter(({ metadata }) => own.includes(metadata.name)))
    // The watch tells of the second one a moment after it is there.
    yield* Effect.andThen(runner.cancel(a), left).pipe(
      Effect.repeat({ schedule: Schedule.spaced("10 millis"), until: (jobs) => jobs.length === 0 }),
      Effect.timeout("10 seconds")
    )
    assert.isFalse([...cluster.controller.running.keys()].some((pod) => pod.startsWith(nameOfA)))
    assert.sameMembers(cluster.store.jobs().map(({ metadata }) => metadata.name), [nameOfB, kubeJobName(other, 1)])
    yield* runner.cancel(a)
    assert.strictEqual(asked(cluster, "delete"), 2)
  }))
