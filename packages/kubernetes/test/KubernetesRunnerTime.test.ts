import { assert, it } from "@effect/vitest"
import { Failure, ServiceName } from "@nominal-code/domain/job/Failure"
import { JobOutcome } from "@nominal-code/domain/job/Job"
import { PayloadTooLarge } from "@nominal-code/jobs/PayloadStore"
import { type ServiceBreakers, ServiceObservation } from "@nominal-code/jobs/run/ServiceBreakers"
import { clusterPostponed, tooLong } from "@nominal-code/kubernetes/Ending"
import type { KubeJob } from "@nominal-code/kubernetes/KubeObjects"
import { laneLabels } from "@nominal-code/kubernetes/Names"
import { laneOf, mention, reviewed } from "@nominal-code/testing/Jobs"
import { quiet } from "@nominal-code/testing/Quiet"
import { Duration, Effect, Fiber, Option } from "effect"
import { TestClock } from "effect/testing"
import { kubeJob, kubePod } from "./FakeKube.ts"
import { reasonOf } from "./KubeScene.ts"
import { job, name, run, runs, started } from "./RunnerWorld.ts"

/** Another Job of the pull request that has not ended. */
const other = (given: Partial<KubeJob> = {}) =>
  kubeJob({ name: "the-other", labels: laneLabels(job.lane), running: true, ...given })

const pod = `${name}-x`

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

it.effect("a pod that runs has as long as its deadline", () =>
  Effect.gen(function*() {
    const { kube, results, running } = yield* started()
    yield* kube.pod(kubePod({ name: pod, job: name, phase: "Running" }))
    yield* TestClock.adjust("9 minutes")
    assert.isUndefined(running.pollUnsafe())
    yield* results.report(run, reviewed)
    assert.deepStrictEqual(yield* Fiber.join(running), reviewed)
  }))

it.effect("while the API server is away, what a pod reports is heard all the same", () =>
  Effect.gen(function*() {
    const { kube, results, running } = yield* started()
    yield* kube.refuse("unreachable")
    yield* TestClock.adjust("1 minute")
    yield* results.report(run, reviewed)
    assert.deepStrictEqual(yield* Fiber.join(running), reviewed)
  }))

it.effect("a payload that is too large for any store fails its job at once, and no service is waited for", () =>
  Effect.gen(function*() {
    const detail = "the payload has 16777217 bytes"
    const payloads = { put: () => Effect.fail(new PayloadTooLarge({ message: detail })) }
    const { kube, running } = yield* started({ prompt: "x".repeat(200_000), payloads })
    assert.deepStrictEqual(
      yield* Fiber.join(running),
      JobOutcome.cases.Failed.make({ failure: Failure.cases.Bug.make({ detail }), retryable: false })
    )
    assert.deepStrictEqual(kube.log, [])
  }))

const forgeAway = JobOutcome.cases.Postponed.make({
  failure: Failure.cases.Forge.make({ reason: "unavailable", detail: "no answer" }),
  service: ServiceName.make("forge:github")
})

const refused = JobOutcome.cases.Failed.make({
  failure: Failure.cases.Forge.make({ reason: "refused", detail: "422" }),
  retryable: false
})

it.effect.each(
  [
    ["waits for a service", forgeAway, 0],
    ["waits for a service, and might get another pod", forgeAway, 1],
    ["has failed for good", refused, 0],
    ["has failed for good, and might get another pod", refused, 1],
    ["has failed, and gets no other pod", { ...refused, retryable: true }, 0]
  ] as const
)(
  "what a pod says is the end of its run without a word of the API server, if it %s",
  ([, said, backoffLimit]) =>
    Effect.gen(function*() {
      const { kube, results, running } = yield* started({ settings: { backoffLimit } })
      yield* kube.changed(runs(kube.jobs.get(name)))
      yield* kube.leave
      yield* results.report(run, said)
      assert.deepStrictEqual(yield* Fiber.join(running), said)
      yield* TestClock.adjust("9 minutes")
      assert.deepStrictEqual(kube.log, [`create ${name}`])
      // A Job that would get another pod is removed as soon as that is possible.
      yield* kube.refuse()
      yield* TestClock.adjust("1 minute")
      yield* quiet
      assert.deepStrictEqual(kube.log, [`create ${name}`, ...(backoffLimit > 0 ? [`delete ${name}`] : [])])
    })
)

it.effect("a run whose API server is away keeps no slot, and has it again when that is back", () =>
  Effect.gen(function*() {
    const slot: Array<string> = []
    const say = (what: string) => Effect.sync(() => slot.push(what))
    const { kube, outages, results, running } = yield* started({
      slot: { yieldWhile: (effect) => Effect.acquireUseRelease(say("given back"), () => effect, () => say("taken")) }
    })
    yield* kube.changed(runs(kube.jobs.get(name)))
    yield* kube.leave
    yield* TestClock.adjust("10 seconds")
    assert.deepStrictEqual([slot, yield* outages], [[], []])
    yield* TestClock.adjust("15 seconds")
    yield* quiet
    assert.deepStrictEqual(slot, ["given back"])
    assert.deepStrictEqual((yield* outages).map(({ service }) => service), ["cluster"])
    yield* kube.refuse()
    yield* TestClock.adjust("10 seconds")
    yield* quiet
    assert.deepStrictEqual([slot, yield* outages], [["given back", "taken"], []])
    yield* results.report(run, reviewed)
    assert.deepStrictEqual(yield* Fiber.join(running), reviewed)
  }))

/** Reports that a run of its own found the cluster so: nothing that needs it starts for about five minutes. */
const waitFor = Effect.fnUntraced(
  function*(begin: ServiceBreakers["Service"]["begin"], outcome: ReturnType<typeof clusterPostponed>) {
    const { failure, service } = outcome
    const use = yield* begin([service])
    yield* use.end(ServiceObservation.cases.Away.make({ failure, service, retryAfterMillis: 300_000 }))
  }
)

it.effect.each(["forbidden", "refused"] as const)(
  "jobs that wait for an API server that said %s start as soon as the watch is served again",
  (reason) =>
    Effect.gen(function*() {
      const { begin, kube, outages } = yield* started()
      yield* kube.leave
      yield* TestClock.adjust("30 seconds")
      yield* kube.refuse(reason)
      yield* TestClock.adjust("10 seconds")
      yield* waitFor(begin, clusterPostponed(reason, "no role of the account is known yet"))
      yield* TestClock.adjust("70 seconds")
      assert.deepStrictEqual((yield* outages).map(({ service }) => service), ["cluster"])
      yield* kube.refuse()
      yield* TestClock.adjust("1 minute")
      yield* quiet
      assert.deepStrictEqual(yield* outages, [])
    })
)

it.effect.each(
  [
    ["the API server", "unavailable", []],
    ["the account's rights", "forbidden", []],
    ["room", "full", ["cluster"]],
    ["the image", "image", ["cluster"]]
  ] as const
)("jobs that wait for %s learn that a Job was created", ([, reason, waitsFor]) =>
  Effect.gen(function*() {
    const { begin, outages, runner } = yield* started()
    yield* waitFor(begin, clusterPostponed(reason, "it was so a moment ago"))
    yield* Effect.forkChild(runner.run(mention(laneOf(2), "b"), 1))
    yield* quiet
    assert.deepStrictEqual((yield* outages).map(({ service }) => String(service)), [...waitsFor])
  }))

it.effect("a run that begins while the API server is known to be away waits for it at once", () =>
  Effect.gen(function*() {
    const { kube, runner } = yield* started()
    yield* kube.leave
    yield* TestClock.adjust("30 seconds")
    yield* quiet
    assert.deepStrictEqual(
      yield* runner.run(mention(laneOf(2), "b"), 1),
      clusterPostponed("unavailable", "Kubernetes: ask: nobody answers")
    )
  }))

it.effect("an API server that is away at the deadline makes no failure of a pod that has said nothing", () =>
  Effect.gen(function*() {
    const { kube, running } = yield* started()
    yield* kube.changed(runs(kube.jobs.get(name)))
    yield* TestClock.adjust("5 minutes")
    yield* kube.refuse("unreachable")
    yield* TestClock.adjust("20 minutes")
    assert.deepStrictEqual(
      yield* Fiber.join(running),
      clusterPostponed("unavailable", "Kubernetes: ask: nobody answers")
    )
  }))

it.effect("a pod that waits for a service, and was not heard, has not failed although its Job came to its deadline", () =>
  Effect.gen(function*() {
    const { kube, results, running } = yield* started()
    yield* kube.changed(runs(kube.jobs.get(name)))
    yield* results.store(run, forgeAway)
    const end = Option.some({ succeeded: false, reason: "DeadlineExceeded", message: "" })
    yield* kube.changed(kubeJob({ name, ...kube.jobs.get(name), end }))
    yield* TestClock.adjust("1 second")
    assert.deepStrictEqual(yield* Fiber.join(running), forgeAway)
  }))

it.effect("a Job whose pod has not begun at its deadline waits for the cluster, and has not failed", () =>
  Effect.gen(function*() {
    const { kube, running } = yield* started({ settings: { activeDeadline: Duration.minutes(2) } })
    yield* TestClock.adjust("131 seconds")
    yield* quiet
    yield* kube.removed(name)
    yield* TestClock.adjust("1 second")
    const outcome = yield* Fiber.join(running)
    assert.isTrue(outcome._tag === "Postponed" && outcome.service === "cluster", reasonOf(outcome))
  }))

it.effect("an API server that stays away postpones the run", () =>
  Effect.gen(function*() {
    const { running } = yield* started({ refused: "unreachable" })
    yield* TestClock.adjust("2 minutes")
    assert.deepStrictEqual(
      yield* Fiber.join(running),
      clusterPostponed("unavailable", "Kubernetes: ask: nobody answers")
    )
  }))

it.effect("a namespace whose quota of Jobs is used up postpones the run", () =>
  Effect.gen(function*() {
    const { running } = yield* started({ refused: "full" })
    yield* TestClock.adjust("2 minutes")
    assert.deepStrictEqual(yield* Fiber.join(running), clusterPostponed("full", "Kubernetes: ask: nobody answers"))
  }))

it.effect("an API server that forbids everything while it starts is asked again, and the run goes on", () =>
  Effect.gen(function*() {
    const { kube, results, running } = yield* started({ refused: "forbidden" })
    yield* TestClock.adjust("20 seconds")
    assert.isUndefined(running.pollUnsafe())
    yield* kube.refuse()
    yield* TestClock.adjust("10 seconds")
    yield* quiet
    assert.deepStrictEqual(kube.log, [`create ${name}`])
    yield* results.report(run, reviewed)
    assert.deepStrictEqual(yield* Fiber.join(running), reviewed)
  }))

it.effect("an API server that still forbids it after a minute is waited for: somebody may give the right back", () =>
  Effect.gen(function*() {
    const { running } = yield* started({ refused: "forbidden" })
    yield* TestClock.adjust("2 minutes")
    assert.deepStrictEqual(yield* Fiber.join(running), clusterPostponed("forbidden", "Kubernetes: ask: nobody answers"))
  }))

it.effect("a Job of the pull request that is just ending gets five seconds to be gone", () =>
  Effect.gen(function*() {
    const { kube, results, running } = yield* started({ before: [other()] })
    yield* TestClock.adjust("4 seconds")
    assert.deepStrictEqual(kube.log, [])
    yield* kube.changed(other({ end: Option.some({ succeeded: true, reason: "", message: "" }) }))
    yield* quiet
    assert.deepStrictEqual(kube.log, [`create ${name}`])
    yield* results.report(run, reviewed)
    assert.deepStrictEqual(yield* Fiber.join(running), reviewed)
  }))

it.effect("another Job of the pull request, for which nobody waits, is ended, and gone before this one starts", () =>
  Effect.gen(function*() {
    const { kube, results, running } = yield* started({ before: [other()] })
    yield* TestClock.adjust("6 seconds")
    yield* quiet
    assert.deepStrictEqual(kube.log, ["delete the-other"])
    yield* kube.removed("the-other")
    yield* quiet
    assert.deepStrictEqual(kube.log, ["delete the-other", `create ${name}`])
    yield* results.report(run, reviewed)
    assert.deepStrictEqual(yield* Fiber.join(running), reviewed)
  }))

it.effect("a run that is no longer wanted leaves the other Jobs of the pull request alone, and creates none", () =>
  Effect.gen(function*() {
    const { kube, running } = yield* started({ before: [other()], wanted: false })
    yield* TestClock.adjust("2 minutes")
    assert.deepStrictEqual(kube.log, [])
    const outcome = yield* Fiber.join(running)
    assert.strictEqual(outcome._tag, "Lost")
    assert.match(reasonOf(outcome), /^lease: another process has the job by now/)
  }))

it.effect("the Jobs of a pull request are known from the watch: a run lists nothing", () =>
  Effect.gen(function*() {
    const { kube, results, running } = yield* started()
    yield* results.report(run, reviewed)
    assert.deepStrictEqual(yield* Fiber.join(running), reviewed)
    assert.deepStrictEqual(kube.lists, ["jobs cached", "pods cached"])
  }))
