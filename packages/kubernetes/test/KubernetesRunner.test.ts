import { assert, describe, it } from "@effect/vitest"
import { Failure, ServiceName } from "@nominal-code/domain/job/Failure"
import { JobOutcome } from "@nominal-code/domain/job/Job"
import { JobPayloadJson } from "@nominal-code/domain/job/JobPayload"
import { readReference } from "@nominal-code/jobs/PayloadStore"
import { podFailed, podLost, tooLong } from "@nominal-code/kubernetes/Ending"
import { kubeJobName } from "@nominal-code/kubernetes/Names"
import { laneOf, mention, reviewed } from "@nominal-code/testing/Jobs"
import { failed } from "@nominal-code/testing/LaneWorld"
import { Duration, Effect, Fiber, Option, Schema } from "effect"
import { asked, crashed, does, reasonOf, review, scene, type Script } from "./KubeScene.ts"

const job = mention(laneOf(1), "a")
const run = { id: job.id, run: 1 }

const reporting: Script = (_pod, results) => does(Effect.orDie(results.report(run, reviewed)))

const runOf = (labels: Readonly<Record<string, string>>) => Number(labels["nominal-code/run"])

/** Polled, for what somebody else's clock decides. */
const until = (test: () => boolean) =>
  Effect.repeat(Effect.delay(Effect.sync(test), "10 millis"), { until: (yes) => yes }).pipe(
    Effect.timeout("10 seconds")
  )

describe.concurrent("a Job's end", () => {
  it.live("the result that a pod reports is the outcome, and the payload says what to review and how", () =>
    Effect.gen(function*() {
      const { cluster, runner } = yield* scene(reporting)
      assert.deepStrictEqual(yield* runner.run(job, 1), reviewed)
      const [created] = cluster.store.jobs()
      assert.strictEqual(created?.metadata.name, kubeJobName(job, 1))
      const [variable] = created?.spec.template.spec?.containers[0]?.env ?? []
      assert.strictEqual(variable?.name, "REVIEW_JOB_PAYLOAD")
      const payload = yield* Schema.decodeEffect(JobPayloadJson)(variable?.value ?? "")
      assert.deepStrictEqual(payload, { version: 2, job, settings: review, run: 1 })
    }))

  it.live("a command that needs no pod is followed in the server", () =>
    Effect.gen(function*() {
      const answered = JobOutcome.cases.Answered.make({ command: "pause" })
      const { cluster, runner } = yield* scene(reporting, { command: () => Option.some(Effect.succeed(answered)) })
      assert.deepStrictEqual(yield* runner.run(job, 1), answered)
      assert.deepStrictEqual(cluster.store.jobs(), [])
    }))

  it.live("a Job that has ended before anybody could listen is not missed", () =>
    Effect.gen(function*() {
      const { cluster, results, runner } = yield* scene(() => does(Effect.void), { pace: Duration.zero })
      // As early as can be: while the server answers the request that creates the Job.
      const created = cluster.happens(({ object, type }) => type === "ADDED" && object.kind === "Job")
      yield* Effect.forkChild(Effect.andThen(created, results.report(run, reviewed)))
      assert.deepStrictEqual(yield* runner.run(job, 1), reviewed)
      assert.strictEqual(results.log[0], "listen 1")
    }))

  it.live("a result that is stored and never published is found when the Job ends", () =>
    Effect.gen(function*() {
      const { runner } = yield* scene((_pod, results) => does(results.store(run, reviewed)))
      assert.deepStrictEqual(yield* runner.run(job, 1), reviewed)
    }))

  it.live("a late and repeated signal of an earlier run ends no later one", () =>
    Effect.gen(function*() {
      const { results, runner } = yield* scene((pod, results) =>
        runOf(pod.metadata.labels) === 1
          ? does(Effect.void, crashed)
          : does(Effect.gen(function*() {
            yield* results.signal(run, reviewed)
            yield* results.signal(run, reviewed)
            yield* Effect.sleep("200 millis")
            yield* Effect.orDie(
              results.report(
                { ...run, run: 2 },
                JobOutcome.cases.Skipped.make({ reason: "closed", detail: "closed" })
              )
            )
          }))
      )
      assert.strictEqual((yield* runner.run(job, 1))._tag, "Lost")
      yield* results.store(run, reviewed)
      assert.deepStrictEqual(
        yield* runner.run(job, 2),
        JobOutcome.cases.Skipped.make({ reason: "closed", detail: "closed" })
      )
    }))

  it.live("a pod that succeeds and leaves no result is a failure that is worth another try", () =>
    Effect.gen(function*() {
      const { runner } = yield* scene(() => does(Effect.void))
      assert.deepStrictEqual(yield* runner.run(job, 1), podFailed("no-result", "the Job succeeded and left no result"))
    }))

  it.live("a failure that the pod reports is the outcome, although its Job runs on", () =>
    Effect.gen(function*() {
      const reported = failed("the pull request is gone", false)
      const { runner } = yield* scene((_pod, results) =>
        does(Effect.andThen(Effect.orDie(results.report(run, reported)), Effect.never))
      )
      assert.deepStrictEqual(yield* runner.run(job, 1), reported)
    }))

  it.live("a first pod's failure releases nothing while Kubernetes tries again, and the second's success counts", () =>
    Effect.gen(function*() {
      let pods = 0
      const { cluster, runner } = yield* scene(
        (_pod, results) => {
          pods += 1
          return pods === 1
            ? does(Effect.orDie(results.report(run, failed("overloaded"))), crashed)
            : does(Effect.andThen(Effect.sleep("200 millis"), Effect.orDie(results.report(run, reviewed))))
        },
        { settings: { backoffLimit: 1 } }
      )
      assert.deepStrictEqual(yield* runner.run(job, 1), reviewed)
      assert.strictEqual(cluster.store.pods().length, 2)
    }))

  it.live("a pod that gave its run up is a lost run, so that another one begins", () =>
    Effect.gen(function*() {
      const gaveUp = JobOutcome.cases.Lost.make({ failure: Failure.cases.Lease.make({ detail: "nobody answers" }) })
      const { runner } = yield* scene((_pod, results) => does(Effect.orDie(results.report(run, gaveUp)), crashed))
      assert.deepStrictEqual(yield* runner.run(job, 1), podLost("stopped", "nobody answers"))
    }))

  it.live("a pod that waits for a service is the last of its Job", () =>
    Effect.gen(function*() {
      const outcome = JobOutcome.cases.Postponed.make({
        failure: Failure.cases.Model.make({ reason: "overloaded", detail: "529" }),
        service: ServiceName.make("model:anthropic")
      })
      const { cluster, runner } = yield* scene(
        (_pod, results) => does(Effect.orDie(results.report(run, outcome)), crashed),
        { settings: { backoffLimit: 5 }, backoff: Duration.seconds(5) }
      )
      assert.deepStrictEqual(yield* runner.run(job, 1), outcome)
      yield* until(() => cluster.store.jobs().length === 0)
      assert.strictEqual(cluster.controller.starts.length, 1)
    }))

  it.live("a failure that will not pass ends the tries of Kubernetes", () =>
    Effect.gen(function*() {
      const { cluster, runner } = yield* scene(
        (_pod, results) => does(Effect.orDie(results.report(run, failed("refused", false))), crashed),
        { settings: { backoffLimit: 5 }, backoff: Duration.seconds(5) }
      )
      assert.deepStrictEqual(yield* runner.run(job, 1), failed("refused", false))
      yield* until(() => cluster.store.jobs().length === 0)
      assert.strictEqual(cluster.controller.starts.length, 1)
    }))
})

describe.concurrent("a pod that goes wrong", () => {
  const forever: Script = () => does(Effect.never)

  const running = (cluster: Effect.Success<ReturnType<typeof scene>>["cluster"]) =>
    Effect.as(until(() => cluster.controller.running.size > 0), () => [...cluster.controller.running.keys()][0] ?? "")

  it.live("one that dies without a word is known when its Job ends, long before its deadline", () =>
    Effect.gen(function*() {
      const { cluster, runner } = yield* scene(forever)
      const waiting = yield* Effect.forkChild(runner.run(job, 1))
      const pod = yield* running(cluster)
      yield* cluster.kill(pod())
      const outcome = yield* Fiber.join(waiting)
      assert.isTrue(outcome._tag === "Lost")
      assert.match(reasonOf(outcome), /^pod: .* ended with exit code 137/)
    }))

  it.live("one that SIGTERM ends before it can leave a result says nothing about its job", () =>
    Effect.gen(function*() {
      const { runner } = yield* scene(() => does(Effect.void, { exitCode: 143, reason: "Error" }))
      const outcome = yield* runner.run(job, 1)
      assert.isTrue(outcome._tag === "Lost")
      assert.match(reasonOf(outcome), /^pod: .* ended with exit code 143/)
    }))

  it.live("one that runs out of memory says so, and what to raise", () =>
    Effect.gen(function*() {
      const { cluster, runner } = yield* scene(forever)
      const waiting = yield* Effect.forkChild(runner.run(job, 1))
      const pod = yield* running(cluster)
      yield* cluster.outOfMemory(pod())
      const outcome = yield* Fiber.join(waiting)
      assert.match(reasonOf(outcome), /^pod: .* ran out of memory: raise kubernetes\.resources\.limits\.memory/)
    }))

  it.live("one that is evicted is started again by Kubernetes, and what it reported at its end releases nothing", () =>
    Effect.gen(function*() {
      let pods = 0
      const { cluster, results, runner } = yield* scene((_pod, results) => {
        pods += 1
        return pods === 1 ? does(Effect.never) : does(Effect.orDie(results.report(run, reviewed)))
      })
      const waiting = yield* Effect.forkChild(runner.run(job, 1))
      const pod = yield* running(cluster)
      yield* results.report(run, podLost("stopped", "it was stopped"))
      yield* cluster.evict(pod())
      assert.deepStrictEqual(yield* Fiber.join(waiting), reviewed)
      assert.strictEqual(pods, 2)
    }))

  it.live("one that takes longer than the Job's deadline is ended by Kubernetes, and the reason says so", () =>
    Effect.gen(function*() {
      const { runner } = yield* scene(forever, { settings: { activeDeadline: Duration.seconds(1) } })
      assert.deepStrictEqual(yield* runner.run(job, 1), tooLong(Duration.seconds(1)))
    }))

  it.live.each(
    [
      ["ImagePullBackOff", "Back-off pulling image"],
      ["InvalidImageName", "no such tag"],
      ["ErrImageNeverPull", "no such tag"]
    ] as const
  )(
    "one whose image cannot be had (%s) waits for the cluster long before its deadline, and its Job is gone",
    ([reason, message]) =>
      Effect.gen(function*() {
        const { cluster, runner } = yield* scene(() => ({ _tag: "Waiting", reason, message: "no such tag" }))
        const outcome = yield* runner.run(job, 1)
        assert.strictEqual(reasonOf(outcome), `cluster: ${reason}: ${message}`)
        assert.isTrue(outcome._tag === "Postponed" && outcome.service === "cluster")
        assert.deepStrictEqual(cluster.store.jobs(), [])
      })
  )

  it.live("a Job that somebody deletes is known at once", () =>
    Effect.gen(function*() {
      const { cluster, runner } = yield* scene(forever)
      const waiting = yield* Effect.forkChild(runner.run(job, 1))
      yield* running(cluster)
      const [created] = cluster.store.jobs()
      if (created !== undefined) cluster.controller.end(created, "Background")
      assert.strictEqual((yield* Fiber.join(waiting))._tag, "Lost")
    }))

  it.live("without the right to see pods, their ends are known all the same", () =>
    Effect.gen(function*() {
      const { cluster, runner } = yield* scene(forever, {
        role: { jobs: ["create", "get", "list", "watch", "delete"] }
      })
      const waiting = yield* Effect.forkChild(runner.run(job, 1))
      const pod = yield* running(cluster)
      yield* cluster.kill(pod())
      assert.match(reasonOf(yield* Fiber.join(waiting)), /^pod: the Job failed: BackoffLimitExceeded/)
    }))
})

describe.concurrent("an API server that is difficult", () => {
  it.live("a Job that is refused waits for the cluster, with the server's own words", () =>
    Effect.gen(function*() {
      const invalid = yield* scene(reporting, { settings: { image: "" } })
      const other = yield* invalid.runner.run(job, 1)
      assert.isTrue(other._tag === "Postponed" && other.service === "cluster")
      assert.match(
        reasonOf(other),
        /^cluster: .* is invalid: spec\.template\.spec\.containers\[0\]\.image: Required value/
      )
    }))

  it.live.each([400, 422])(
    "a Job that an admission webhook refuses with %s waits for the cluster",
    (status) =>
      Effect.gen(function*() {
        const { cluster, runner } = yield* scene(reporting)
        const message = "admission webhook \"images.example\" denied the request: registry.example is not allowed"
        cluster.faults.next({ method: "create", path: /jobs$/ }, { _tag: "Answer", status, message })
        const outcome = yield* runner.run(job, 1)
        assert.isTrue(outcome._tag === "Postponed" && outcome.service === "cluster")
        assert.strictEqual(reasonOf(outcome), `cluster: Kubernetes: create Job: ${message}`)
      })
  )

  it.live("what is forbidden for a moment is tried again", () =>
    Effect.gen(function*() {
      const { cluster, runner } = yield* scene(reporting)
      const message = "jobs.batch is forbidden: User \"server\" cannot create resource \"jobs\" in API group \"batch\""
      cluster.faults.next({ method: "create", path: /jobs$/, times: 2 }, { _tag: "Answer", status: 403, message })
      assert.deepStrictEqual(yield* runner.run(job, 1), reviewed)
      assert.strictEqual(asked(cluster, "create"), 3)
    }))

  it.live.each(
    [
      ["answers 500", { _tag: "Answer", status: 500 }],
      ["answers 429 and says for how long", { _tag: "Answer", status: 429, headers: { "retry-after": "1" } }],
      ["cuts the connection", { _tag: "Drop" }],
      ["creates the Job and loses the answer", { _tag: "CommitThenDrop" }],
      ["creates the Job and answers 500", { _tag: "CommitThenAnswer", status: 500 }]
    ] as const
  )("one that %s gets exactly one Job", ([, fault]) =>
    Effect.gen(function*() {
      const { cluster, runner } = yield* scene(reporting)
      cluster.faults.next({ method: "create", path: /jobs$/ }, fault)
      assert.deepStrictEqual(yield* runner.run(job, 1), reviewed)
      assert.strictEqual(cluster.store.jobs().length, 1)
      assert.strictEqual(cluster.controller.starts.length, 1)
    }))

  it.live("watches that are cut and history that is dropped miss no end", () =>
    Effect.gen(function*() {
      const { cluster, runner } = yield* scene((_pod, results) =>
        does(Effect.andThen(Effect.sleep("1 second"), results.store(run, reviewed)))
      )
      const waiting = yield* Effect.forkChild(runner.run(job, 1))
      const trouble = Effect.sync(() => {
        cluster.store.compact()
        cluster.watches.cut()
      })
      yield* Effect.forkChild(Effect.forever(Effect.delay(trouble, "150 millis")))
      assert.deepStrictEqual(yield* Fiber.join(waiting), reviewed)
    }))

  it.live("a Job of the same name that is not ours is left alone", () =>
    Effect.gen(function*() {
      const { cluster, runner } = yield* scene(reporting)
      const ours = yield* runner.run(job, 1)
      assert.deepStrictEqual(ours, reviewed)
      const [stranger] = cluster.store.jobs()
      if (stranger === undefined) return assert.fail("there is no Job")
      cluster.store.put({
        ...stranger,
        metadata: { ...stranger.metadata, name: kubeJobName(job, 2), labels: {} }
      })
      assert.match(reasonOf(yield* runner.run(job, 2)), /there is a Job .* already, and it is not ours/)
    }))
})

describe("a server that stops", () => {
  it.live("leaves its Job running, and whoever takes the run over waits for that one", () =>
    Effect.gen(function*() {
      const { cluster, runner } = yield* scene((_pod, results) =>
        does(Effect.andThen(Effect.sleep("700 millis"), Effect.orDie(results.report(run, reviewed))))
      )
      const first = yield* Effect.forkChild(runner.run(job, 1))
      yield* until(() => cluster.controller.running.size > 0)
      yield* Fiber.interrupt(first)
      assert.strictEqual(cluster.controller.running.size, 1)
      assert.deepStrictEqual(yield* runner.run(job, 1), reviewed)
      assert.strictEqual(cluster.controller.starts.length, 1)
      assert.strictEqual(asked(cluster, "delete"), 0)
    }))

  it.live("does not run again what ended meanwhile and is gone", () =>
    Effect.gen(function*() {
      const { cluster, results, runner } = yield* scene(reporting)
      yield* results.store(run, reviewed)
      assert.deepStrictEqual(yield* runner.run(job, 1), reviewed)
      assert.strictEqual(asked(cluster, "create"), 0)
    }))
})

describe("a payload", () => {
  it.live("too large for a variable waits in the store, and the Job names it", () =>
    Effect.gen(function*() {
      const { cluster, results, runner } = yield* scene(reporting)
      const large = mention(laneOf(1), "a", "\"😀".repeat(20_000))
      yield* runner.run(large, 1)
      const variable = cluster.store.jobs()[0]?.spec.template.spec?.containers[0]?.env?.[0]
      const { key, names } = Option.getOrThrow(readReference(variable?.value ?? ""))
      assert.isTrue(key.startsWith(large.id))
      const stored = results.payloads.get(key) ?? ""
      assert.isTrue(names(stored))
      assert.isFalse(names(`${stored} `))
      const payload = yield* Schema.decodeEffect(JobPayloadJson)(stored)
      assert.deepStrictEqual(Option.some(payload.job), Option.some(large))
    }))
})
