import { detailOf, Failure, ServiceName } from "@nominal-code/domain/Failure"
import { JobOutcome } from "@nominal-code/domain/Job"
import { Duration, Option } from "effect"
import type { KubeError } from "./KubeError.ts"
import type { KubePod } from "./KubeObjects.ts"
import type { KubeJobSnapshot } from "./Watch.ts"

/*
 * What becomes of a Job, as the cluster tells it. Details are for operators, and may quote what the cluster says.
 */

const { Cluster, Deadline, Pod } = Failure.cases
const { Failed, Lost, Postponed } = JobOutcome.cases

/** Outcome of a run that left no result. */
export type RunWithoutResult = typeof Failed.Type | typeof Lost.Type | typeof Postponed.Type

const cluster = ServiceName.make("cluster")

/** Outcome of a run that waits for the cluster, which is away or has no room. It says nothing about the job. */
export const clusterPostponed = (
  reason: (typeof Cluster.Type)["reason"],
  detail: string,
  retryAfter?: Duration.Duration
): RunWithoutResult =>
  Postponed.make({
    failure: Cluster.make({ reason, detail: detailOf(detail) }),
    service: cluster,
    ...(retryAfter === undefined ? {} : { retryAfterMillis: Duration.toMillis(retryAfter) })
  })

/** Outcome of a run that needed a failed call of the API. */
export const apiFailed = ({ message, reason, retryAfter }: KubeError): RunWithoutResult => {
  if (reason === "busy" || reason === "unreachable") return clusterPostponed("unavailable", message, retryAfter)
  if (reason === "full") return clusterPostponed("full", message, retryAfter)
  return clusterFailed(reason === "forbidden" ? "forbidden" : "refused", message)
}

/** Outcome of a run, if the API server did not answer a call or was too busy for it. */
export const apiIsAway = (error: KubeError): Option.Option<RunWithoutResult> =>
  error.reason === "unreachable" || error.reason === "busy" ? Option.some(apiFailed(error)) : Option.none()

/** Outcome of a run whose Job the cluster does not take, or whose image it cannot run, until a person changes something. */
const clusterFailed = (reason: (typeof Cluster.Type)["reason"], detail: string): RunWithoutResult =>
  Failed.make({ failure: Cluster.make({ reason, detail: detailOf(detail) }), retryable: false })

/** Outcome of a run whose pod ended without a result, for a reason of its own. */
export const podFailed = (reason: (typeof Pod.Type)["reason"], detail: string): RunWithoutResult =>
  Failed.make({ failure: Pod.make({ reason, detail: detailOf(detail) }), retryable: true })

/** Outcome of a run whose pod was ended from outside, or lost its node. */
export const podLost = (reason: (typeof Pod.Type)["reason"], detail: string): RunWithoutResult =>
  Lost.make({ failure: Pod.make({ reason, detail: detailOf(detail) }) })

/**
 * Outcome of a run whose pod left this one. A pod that gave its run up, for it could not ask the queue, has not lost this
 * server's lease: its Job has ended, and only another run begins another one.
 */
export const leftBy = (outcome: JobOutcome): JobOutcome =>
  outcome._tag === "Lost" && outcome.failure._tag === "Lease" ? podLost("stopped", outcome.failure.detail) : outcome

/** End of a kube job. `Stuck`: none of its pods can run without a person's help. */
export type KubeJobEnding =
  | { readonly _tag: "Succeeded" }
  | { readonly _tag: "Failed" }
  | { readonly _tag: "Gone" }
  | { readonly _tag: "Stuck"; readonly outcome: RunWithoutResult }

/**
 * Reasons for which a container waits, and what its run is told. `passes`: the image's registry, the node or a Secret may
 * be there later, which is an outage of the cluster.
 */
const hopeless: Readonly<Record<string, { readonly because: "image" | "not-started"; readonly passes: boolean }>> = {
  ImagePullBackOff: { because: "image", passes: true },
  InvalidImageName: { because: "image", passes: false },
  ErrImageNeverPull: { because: "image", passes: false },
  ImageInspectError: { because: "image", passes: true },
  CreateContainerConfigError: { because: "not-started", passes: true },
  CreateContainerError: { because: "not-started", passes: true }
}

const stuck = (pod: KubePod): Option.Option<RunWithoutResult> =>
  Option.flatMap(pod.waiting, ({ message, reason }) =>
    Option.map(
      Option.fromUndefinedOr(hopeless[reason]),
      ({ because, passes }) => (passes ? clusterPostponed : clusterFailed)(because, `${reason}: ${message}`)
    ))

/** End of a Job; none while it may still end by itself. */
export const endingOf = ({ gone, job, pods }: KubeJobSnapshot): Option.Option<KubeJobEnding> => {
  const end = Option.flatMap(job, ({ end }) => end)
  if (Option.isSome(end)) return Option.some(end.value.succeeded ? { _tag: "Succeeded" } : { _tag: "Failed" })
  if (gone) return Option.some({ _tag: "Gone" })
  return Option.map(
    Option.firstSomeOf(pods.map(stuck)),
    (outcome) => ({ _tag: "Stuck" as const, outcome })
  )
}

/** True if nothing of it runs any more. */
export const isOver = ({ gone, job }: KubeJobSnapshot): boolean =>
  gone || Option.exists(job, ({ end }) => Option.isSome(end))

/** Outcome of a run that took too long. */
export const tooLong = (limit: Duration.Duration): RunWithoutResult =>
  Failed.make({
    failure: Deadline.make({ detail: `the Job took longer than its deadline of ${Duration.format(limit)}` }),
    retryable: true
  })

/** Outcome of a run whose pod had a node, but whose image did not arrive. */
export const neverStarted = ({ pods }: KubeJobSnapshot, waited: Duration.Duration): RunWithoutResult => {
  const why = Option.firstSomeOf(
    pods.map(({ waiting }) => Option.map(waiting, ({ message, reason }) => `${reason} ${message}`))
  )
  return clusterPostponed(
    "not-started",
    `no pod of the Job could be started in ${Duration.format(waited)}: ${
      Option.getOrElse(why, () => "no reason is known")
    }`
  )
}

/** True for the exit codes of SIGKILL and SIGTERM, which come from outside and say nothing about the job. */
const killed = (code: number): boolean => code === 137 || code === 143

const podFailure = ({ exit, failure, name }: KubePod): RunWithoutResult => {
  if (Option.exists(exit, ({ reason }) => reason === "OOMKilled")) {
    return podFailed("out-of-memory", `${name} ran out of memory: raise kubernetes.resources.limits.memory`)
  }
  if (Option.isSome(failure)) {
    const { message, reason } = failure.value
    return podLost("evicted", `${name}: ${reason}: ${message}`)
  }
  return Option.match(exit, {
    onNone: () => podLost("killed", `${name} ended without a word`),
    onSome: ({ code, message, reason }) => {
      const detail = `${name} ended with exit code ${code} (${reason}) and left no result: ${message}`
      return killed(code) ? podLost("killed", detail) : podFailed("no-result", detail)
    }
  })
}

/** Outcome of a failed Job that left no result. */
export const failureOf = ({ gone, job, pods }: KubeJobSnapshot, deadline: Duration.Duration): RunWithoutResult => {
  const end = Option.flatMap(job, ({ end }) => end)
  if (Option.exists(end, ({ reason }) => reason === "DeadlineExceeded")) return tooLong(deadline)
  const last = pods.findLast(({ exit, failure }) => Option.isSome(exit) || Option.isSome(failure))
  if (last !== undefined) return podFailure(last)
  if (Option.isNone(end) && gone) return podLost("deleted", "somebody deleted the Job")
  return Option.match(end, {
    onNone: () => podLost("killed", "the Job failed"),
    onSome: ({ message, reason }) => podLost("killed", `the Job failed: ${reason}: ${message}`)
  })
}
