import { assert, it } from "@effect/vitest"
import { tooLong } from "@nominal-code/kubernetes/Ending"
import { kubeJobName, laneLabels } from "@nominal-code/kubernetes/Names"
import { reviewed } from "@nominal-code/testing/Jobs"
import { quiet } from "@nominal-code/testing/Quiet"
import { Duration, Effect, Fiber, Option } from "effect"
import { TestClock } from "effect/testing"
import { kubeJob, kubePod } from "./FakeKube.ts"
import { reasonOf } from "./KubeScene.ts"
import { job, name, run, runs, started } from "./RunnerWorld.ts"

const noRoom = "0/3 nodes are available: 3 Insufficient memory."
const quota = "Error creating: pods \"one\" is forbidden: exceeded quota: few, requested: pods=1, used: pods=0"
const pending = kubePod({ name: `${name}-x`, job: name, unschedulable: Option.some(noRoom) })
const placed = kubePod({ name: `${name}-x`, job: name, node: Option.some("node-3"), phase: "Running" })
const creating = kubePod({
  name: pending.name,
  job: name,
  node: Option.some("node-3"),
  waiting: Option.some({ reason: "ContainerCreating", message: "" })
})
const failed = (reason: string) => Option.some({ succeeded: false, reason, message: "" })

it.effect("a pod that no node takes is told of within half a minute, and given up for now after five", () =>
  Effect.gen(function*() {
    const { kube, lines, running } = yield* started()
    yield* kube.pod(pending)
    yield* TestClock.adjust("30 seconds")
    assert.isTrue(lines.some((line) => line.includes(noRoom)), lines.join("\n"))
    yield* TestClock.adjust("269 seconds")
    assert.isUndefined(running.pollUnsafe())
    yield* TestClock.adjust("1 second")
    yield* quiet
    yield* kube.removed(name)
    yield* TestClock.adjust("1 second")
    const outcome = yield* Fiber.join(running)
    assert.strictEqual(reasonOf(outcome), `cluster: no node has room: ${noRoom}`)
    assert.isTrue(outcome._tag === "Postponed" && outcome.service === "cluster")
    assert.deepStrictEqual(kube.log, [`create ${name}`, `delete ${name}`])
  }))

it.effect("what a pod waits for its place is no part of the limit for its start", () =>
  Effect.gen(function*() {
    const { kube, results, running } = yield* started({ settings: { activeDeadline: Duration.hours(1) } })
    yield* kube.pod(pending)
    yield* TestClock.adjust("4 minutes")
    yield* kube.pod(kubePod({ name: pending.name, job: name, node: Option.some("node-3") }))
    yield* TestClock.adjust("4 minutes")
    assert.isUndefined(running.pollUnsafe())
    yield* kube.pod(placed)
    yield* TestClock.adjust("20 minutes")
    yield* results.report(run, reviewed)
    assert.deepStrictEqual(yield* Fiber.join(running), reviewed)
  }))

it.effect("a pod with a node that has not started after five minutes waits for the cluster, and says why", () =>
  Effect.gen(function*() {
    const { kube, running } = yield* started()
    yield* kube.pod(creating)
    const mount = "MountVolume.SetUp failed for volume \"cache\" : timed out waiting for the condition"
    yield* kube.warnOfPod(pending.name, noRoom, mount)
    yield* TestClock.adjust("5 minutes")
    yield* quiet
    yield* kube.removed(name)
    yield* TestClock.adjust("1 second")
    const outcome = yield* Fiber.join(running)
    assert.strictEqual(outcome._tag, "Postponed")
    assert.strictEqual(
      reasonOf(outcome),
      `cluster: no pod of the Job could be started in 5m: ContainerCreating: ${mount}`
    )
  }))

/** Shows that a pod's wait for what is not there is told of after 15 seconds, and given up for now after 35. */
const assertGivenUp = Effect.fnUntraced(
  function*({ kube, lines, running }: Effect.Success<ReturnType<typeof started>>, what: string, why: string) {
    yield* TestClock.adjust("15 seconds")
    yield* quiet
    assert.lengthOf(lines.filter((line) => line.includes(what)), 1)
    yield* TestClock.adjust("19 seconds")
    assert.isUndefined(running.pollUnsafe())
    yield* TestClock.adjust("1 second")
    yield* quiet
    yield* kube.removed(name)
    yield* TestClock.adjust("1 second")
    const outcome = yield* Fiber.join(running)
    assert.isTrue(outcome._tag === "Postponed" && outcome.service === "cluster")
    assert.strictEqual(reasonOf(outcome), `cluster: no pod of the Job could be started in 35s: ${why}`)
  }
)

it.effect.each(
  [
    "configmap \"company-ca\" not found",
    "configmap references non-existent config key: ca.crt"
  ]
)(
  "a pod that waits for what is not there is told of after 15 seconds, and given up for now after 35: %s",
  (what) =>
    Effect.gen(function*() {
      const world = yield* started()
      yield* world.kube.pod(creating)
      const mount = `MountVolume.SetUp failed for volume "authorities" : ${what}`
      yield* world.kube.warnOfPod(pending.name, mount, "Failed to pull the image, trying again")
      yield* assertGivenUp(world, mount, `ContainerCreating: ${mount}`)
    })
)

/** The pod as it is while a variable of it names what is not there. */
const unprepared = (message: string) => ({
  ...creating,
  waiting: Option.some({ reason: "CreateContainerConfigError", message })
})

it.effect.each(
  ["secret \"models\" not found", "configmap \"rules\" not found", "couldn't find key KEY in Secret reviews/models"]
)(
  "a pod whose variable waits for what is not there is told of after 15 seconds, and given up for now after 35: %s",
  (what) =>
    Effect.gen(function*() {
      const world = yield* started()
      yield* world.kube.pod(creating)
      // Its image takes a time that is not the Secret's.
      yield* TestClock.adjust("40 seconds")
      yield* world.kube.pod(unprepared(what))
      yield* world.kube.warnOfPod(pending.name, `Error: ${what}`)
      yield* assertGivenUp(world, what, `CreateContainerConfigError ${what}`)
    })
)

/** Shows that a pod that is placed now runs to its end in the same Job. */
const assertGoesOn = Effect.fnUntraced(
  function*({ kube, results, running }: Effect.Success<ReturnType<typeof started>>) {
    yield* kube.pod(placed)
    yield* TestClock.adjust("1 minute")
    assert.deepStrictEqual(kube.log, [`create ${name}`])
    yield* results.report(run, reviewed)
    assert.deepStrictEqual(yield* Fiber.join(running), reviewed)
  }
)

it.effect("a pod whose variable waits for a Secret that comes goes on, however long it takes to start then", () =>
  Effect.gen(function*() {
    const world = yield* started()
    yield* world.kube.pod(unprepared("secret \"models\" not found"))
    yield* world.kube.warnOfPod(pending.name, "Error: secret \"models\" not found")
    yield* TestClock.adjust("31 seconds")
    yield* world.kube.pod(creating)
    yield* TestClock.adjust("1 minute")
    yield* assertGoesOn(world)
  }))

it.effect("a pod whose container cannot be made for another reason waits for the cluster at once", () =>
  Effect.gen(function*() {
    const { kube, running } = yield* started()
    yield* kube.pod(unprepared("container has runAsNonRoot and image will run as root"))
    yield* quiet
    yield* kube.removed(name)
    yield* TestClock.adjust("1 second")
    assert.match(
      reasonOf(yield* Fiber.join(running)),
      /^cluster: CreateContainerConfigError: container has runAsNonRoot/
    )
  }))

it.effect("a pod that waits for what is not there is given up also where the cluster tells of it late", () =>
  Effect.gen(function*() {
    const { kube, running } = yield* started()
    yield* kube.pod(creating)
    yield* TestClock.adjust("36 seconds")
    yield* kube.warnOfPod(pending.name, "MountVolume.SetUp failed for volume \"key\" : secret \"key\" not found")
    yield* TestClock.adjust("14 seconds")
    yield* quiet
    yield* kube.removed(name)
    yield* TestClock.adjust("1 second")
    assert.strictEqual((yield* Fiber.join(running))._tag, "Postponed")
  }))

it.effect("a pod whose Secret comes while its node looks for it goes on", () =>
  Effect.gen(function*() {
    const world = yield* started()
    yield* world.kube.pod(creating)
    yield* world.kube.warnOfPod(pending.name, "MountVolume.SetUp failed for volume \"key\" : secret \"key\" not found")
    yield* TestClock.adjust("16 seconds")
    yield* assertGoesOn(world)
  }))

it.effect("a deadline that the wait for a place has eaten up postpones the run, any other one fails it", () =>
  Effect.gen(function*() {
    const late = yield* started({ settings: { activeDeadline: Duration.minutes(4) } })
    yield* late.kube.pod(pending)
    yield* TestClock.adjust("3 minutes")
    yield* late.kube.pod(placed)
    yield* TestClock.adjust("1 minute")
    yield* late.kube.changed(kubeJob({ name, end: failed("DeadlineExceeded") }))
    yield* TestClock.adjust("1 second")
    assert.strictEqual((yield* Fiber.join(late.running))._tag, "Postponed")

    const slow = yield* started({ settings: { activeDeadline: Duration.minutes(4) } })
    yield* slow.kube.pod(placed)
    yield* TestClock.adjust("4 minutes")
    yield* slow.kube.changed(kubeJob({ name, end: failed("DeadlineExceeded") }))
    yield* TestClock.adjust("1 second")
    assert.deepStrictEqual(yield* Fiber.join(slow.running), tooLong(Duration.minutes(4)))
  }))

it.effect("a Job whose pods are refused says why within half a minute, and waits for a cluster that lets them in", () =>
  Effect.gen(function*() {
    const { kube, lines, running } = yield* started()
    yield* kube.warn("an older one", quota)
    yield* kube.changed(kubeJob({ name, started: true }))
    yield* TestClock.adjust("30 seconds")
    yield* quiet
    assert.isTrue(lines.some((line) => line.includes(quota)), lines.join("\n"))
    yield* kube.removed(name)
    yield* TestClock.adjust("1 second")
    const outcome = yield* Fiber.join(running)
    assert.strictEqual(reasonOf(outcome), `cluster: the cluster lets no pod of the Job in: ${quota}`)
    assert.isTrue(outcome._tag === "Postponed" && outcome.service === "cluster")
  }))

it.effect("a Job whose first pod takes its time to be made is not refused", () =>
  Effect.gen(function*() {
    const { kube, results, running } = yield* started()
    yield* kube.changed(kubeJob({ name, started: true }))
    yield* TestClock.adjust("10 seconds")
    yield* kube.changed(kubeJob({ name, started: true, active: 1 }))
    yield* TestClock.adjust("1 minute")
    yield* results.report(run, reviewed)
    assert.deepStrictEqual(yield* Fiber.join(running), reviewed)
  }))

it.effect("a Job whose pod does not end at its deadline has lost its node, which is named, and counts as no failure", () =>
  Effect.gen(function*() {
    const { kube, lines, running } = yield* started()
    yield* kube.changed(runs(kube.jobs.get(name)))
    // The cluster has deleted it meanwhile, and nobody on its node hears that.
    const failure = Option.some({ reason: "DeletionByTaintManager", message: "deleting due to NoExecute taint" })
    yield* kube.pod({ ...placed, failure })
    yield* TestClock.adjust("610 seconds")
    yield* TestClock.adjust("89 seconds")
    assert.isUndefined(running.pollUnsafe())
    yield* TestClock.adjust("2 seconds")
    const outcome = yield* Fiber.join(running)
    assert.isTrue(outcome._tag === "Lost" && outcome.failure._tag === "Pod" && outcome.failure.reason === "node-lost")
    assert.isTrue(lines.some((line) => line.includes(`${name}-x on node node-3`)), lines.join("\n"))
  }))

it.effect("a lost node does not hold up the next run of its pull request for ever, nor a second time", () =>
  Effect.gen(function*() {
    const stuck = kubeJob({ name: "stuck", labels: laneLabels(job.lane), running: true, deleting: true })
    const { kube, lines, results, runner, running } = yield* started({
      before: [stuck],
      deleted: { stuck: "30 seconds" }
    })
    yield* kube.pod(kubePod({ name: "stuck-x", job: "stuck", node: Option.some("node-7"), phase: "Running" }))
    yield* TestClock.adjust("59 seconds")
    assert.deepStrictEqual(kube.log, [])
    yield* TestClock.adjust("1 second")
    yield* quiet
    assert.deepStrictEqual(kube.log, [`create ${name}`])
    assert.isTrue(lines.some((line) => line.includes("stuck-x on node node-7")), lines.join("\n"))
    yield* results.report(run, reviewed)
    assert.deepStrictEqual(yield* Fiber.join(running), reviewed)

    yield* kube.removed(name)
    yield* kube.deleted("stuck", "3 minutes")
    const next = yield* Effect.forkChild(runner.run(job, 2))
    yield* quiet
    assert.deepStrictEqual(kube.log, [`create ${name}`, `create ${kubeJobName(job, 2)}`])
    yield* Fiber.interrupt(next)
  }))

it.effect("a server that has just started does not wait again for a Job whose node was lost long ago", () =>
  Effect.gen(function*() {
    const stuck = kubeJob({ name: "stuck", labels: laneLabels(job.lane), running: true, deleting: true })
    const { kube, lines } = yield* started({ before: [stuck], deleted: { stuck: "1 hour" } })
    assert.deepStrictEqual(kube.log, [`create ${name}`])
    assert.isTrue(lines.some((line) => line.includes("stuck does not end")), lines.join("\n"))
  }))

it.effect("a Job that its queue has not admitted holds no slot for hours, and has its whole time when it runs", () =>
  Effect.gen(function*() {
    const slots: Array<string> = []
    const slot = {
      yieldWhile: <A, E, R>(effect: Effect.Effect<A, E, R>) =>
        Effect.ensuring(
          Effect.suspend(() => (slots.push("given back"), effect)),
          Effect.sync(() => slots.push("taken"))
        )
    }
    const { kube, results, running } = yield* started({ settings: { queue: Option.some("reviews") }, slot })
    assert.strictEqual(kube.jobs.get(name)?.suspended, true)
    yield* TestClock.adjust("8 hours")
    assert.deepStrictEqual([slots, kube.log], [["given back"], [`create ${name}`]])

    const admitted = kubeJob({ name, started: true, active: 1 })
    yield* kube.changed(admitted)
    yield* quiet
    assert.deepStrictEqual(slots, ["given back", "taken"])
    yield* kube.pod(placed)
    yield* TestClock.adjust("9 minutes")

    // Preempted: its pods are ended, and it waits again.
    yield* results.report(run, { _tag: "Lost", failure: { _tag: "Pod", reason: "stopped", detail: "it was stopped" } })
    yield* kube.changed({ ...admitted, active: 0, suspended: true })
    yield* TestClock.adjust("5 hours")
    assert.isUndefined(running.pollUnsafe())
    assert.deepStrictEqual(slots, ["given back", "taken", "given back"])

    yield* kube.changed(admitted)
    yield* quiet
    yield* results.report(run, reviewed)
    yield* kube.changed({ ...admitted, end: Option.some({ succeeded: true, reason: "", message: "" }) })
    yield* TestClock.adjust("3 seconds")
    assert.deepStrictEqual(yield* Fiber.join(running), reviewed)
    assert.deepStrictEqual(kube.log, [`create ${name}`])
  }))
