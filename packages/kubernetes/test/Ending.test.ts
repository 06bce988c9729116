import { assert, it } from "@effect/vitest"
import { isCrash } from "@nominal-code/domain/job/Failure"
import { failureOf } from "@nominal-code/kubernetes/Ending"
import { podOf, WirePod } from "@nominal-code/kubernetes/KubeObjects"
import { Duration, Effect, Option, Schema } from "effect"
import { kubeJob } from "./FakeKube.ts"

interface ToldPod {
  readonly exit?: { readonly exitCode: number; readonly reason: string }
  readonly status?: object
  readonly deleted?: true
}

const disrupted = (reason: string) => ({ conditions: [{ type: "DisruptionTarget", status: "True", reason }] })
const sigkill = { exitCode: 137, reason: "Error" }

/** Pods of a failed Job, the reason of their end, and whether it speaks against the job. */
const endings: ReadonlyArray<readonly [title: string, pod: ToldPod, reason: string, own: boolean]> = [
  ["ran out of memory", { exit: { exitCode: 137, reason: "OOMKilled" } }, "out-of-memory", true],
  ["was killed by nobody of the cluster", { exit: sigkill }, "killed", true],
  ["crashed in native code", { exit: { exitCode: 139, reason: "Error" } }, "no-result", true],
  ["ended with 1", { exit: { exitCode: 1, reason: "Error" } }, "no-result", true],
  ["could not run its program", { exit: { exitCode: 127, reason: "StartError" } }, "no-result", true],
  ["was asked to end", { exit: { exitCode: 143, reason: "Error" } }, "stopped", false],
  ["was evicted by its node", { exit: sigkill, status: { reason: "Evicted" } }, "evicted", false],
  ["was evicted through the API", { exit: sigkill, status: disrupted("EvictionByEvictionAPI") }, "evicted", false],
  ["was preempted", { exit: sigkill, status: disrupted("PreemptionByScheduler") }, "evicted", false],
  ["was deleted, and killed after its grace", { exit: sigkill, deleted: true }, "evicted", false],
  ["was never heard of again", { status: { reason: "NodeLost" } }, "evicted", false]
]

it.effect.each(endings)("a pod that %s", ([, { deleted, exit, status }, reason, own]) =>
  Effect.gen(function*() {
    const pod = podOf(
      yield* Schema.decodeEffect(WirePod)({
        metadata: { name: "one-x", ...(deleted ? { deletionTimestamp: "2026-01-01T00:00:00Z" } : {}) },
        status: {
          phase: "Failed",
          ...status,
          ...(exit === undefined ? {} : { containerStatuses: [{ state: { terminated: exit } }] })
        }
      })
    )
    const end = Option.some({ succeeded: false, reason: "BackoffLimitExceeded", message: "" })
    const job = Option.some(kubeJob({ name: "one", end }))
    const outcome = failureOf({ job, pods: [pod], ran: true, gone: false }, Duration.minutes(10))
    assert.strictEqual(outcome._tag, "Lost")
    assert.deepStrictEqual([outcome.failure._tag, "reason" in outcome.failure && outcome.failure.reason], [
      "Pod",
      reason
    ])
    assert.strictEqual(isCrash(outcome.failure), own)
  }))
