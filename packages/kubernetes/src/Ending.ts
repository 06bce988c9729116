import { detailOf, Failure, ServiceName } from "@nominal-code/domain/job/Failure"
import { JobOutcome } from "@nominal-code/domain/job/Job"
import { Duration, Option } from "effect"
import { isUnserved } from "./ApiHealth.ts"
import type { KubeError } from "./KubeError.ts"
import type { KubePod } from "./KubeObjects.ts"
import type { KubeJobSnapshot } from "./Watch.ts"

/*
 * The end of a Job as the cluster tells it, and the outcome of its run. Details are for operators, and may quote what the cluster says.
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
): typeof Postponed.Type =>
  Postponed.make({
    failure: Cluster.make({ reason, detail: detailOf(detail) }),
    service: cluster,
    ...(retryAfter === undefined ? {} : { retryAfterMillis: Duration.toMillis(retryAfter) })
  })

/**
 * Outcome of a run that needed a failed call of the API. A call that is refused or forbidden waits, too: the account's
 * rights, the settings of the Jobs and the rules of admission are the installation's, and an operator may mend them.
 */
export const apiFailed = (error: KubeError): typeof Postponed.Type => {
  const { message, reason, retryAfter } = error
  if (reason === "full" || reason === "forbidden") return clusterPostponed(reason, message, retryAfter)
  return clusterPostponed(isUnserved(error) ? "unavailable" : "refused", message, retryAfter)
}

/** Outcome of a run, if the API server did not answer a call or was too busy for it. */
export const apiIsAway = (error: KubeError): Option.Option<RunWithoutResult> =>
  isUnserved(error) ? Option.some(apiFailed(error)) : Option.none()

/** Outcome of a run whose pod ended without a result, as if there were none. */
export const podFailed = (reason: (typeof Pod.Type)["reason"], detail: string): RunWithoutResult =>
  Failed.make({ failure: Pod.make({ reason, detail: detailOf(detail) }), retryable: true })

/** Outcome of a run whose pod died by itself, was ended from outside, or lost its node, as the reason says. */
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
 * Reasons for which a container waits until something changes in the installation: the image's registry, its name in the
 * settings, the node, a Secret. Every job waits for that.
 */
const hopeless: Readonly<Record<string, "image" | "not-started">> = {
  ImagePullBackOff: "image",
  InvalidImageName: "image",
  ErrImageNeverPull: "image",
  ImageInspectError: "image",
  CreateContainerConfigError: "not-started",
  CreateContainerError: "not-started"
}

/** Messages about a ConfigMap or Secret that is not there, or has no such entry: no pod starts before it comes. */
const missing =
  /\b(?:configmap|secret) "[^"]*" not found|references non-existent (?:config|secret) key|couldn't find key \S+ in (?:ConfigMap|Secret)/

/** True for a message of the cluster about a ConfigMap or Secret that is not there. */
export const isOfMissing = (text: string): boolean => missing.test(text)

/** Text of the ConfigMap or Secret that a container of a Job's pod waits for; none if it waits for none, or a pod has run. */
export const missingOf = ({ pods, ran }: KubeJobSnapshot): Option.Option<string> =>
  ran ? Option.none() : Option.firstSomeOf(pods.map(({ waiting }) =>
    Option.map(
      Option.filter(waiting, ({ message, reason }) => reason === "CreateContainerConfigError" && isOfMissing(message)),
      ({ message }) => message
    )
  ))

const stuck = (pod: KubePod): Option.Option<RunWithoutResult> =>
  Option.flatMap(pod.waiting, ({ message, reason }) =>
    Option.map(
      Option.fromUndefinedOr(hopeless[reason]),
      (because) => clusterPostponed(because, `${reason}: ${message}`)
    ))

/** End of a Job; none while it may still end by itself, or start. */
export const endingOf = (snapshot: KubeJobSnapshot): Option.Option<KubeJobEnding> => {
  const { gone, job, pods } = snapshot
  const end = Option.flatMap(job, ({ end }) => end)
  if (Option.isSome(end)) return Option.some(end.value.succeeded ? { _tag: "Succeeded" } : { _tag: "Failed" })
  if (gone) return Option.some({ _tag: "Gone" })
  // Its node looks for it again: `Placement` tells how long.
  if (Option.isSome(missingOf(snapshot))) return Option.none()
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

/**
 * Outcome of a run whose pod had a node, but whose image did not arrive, or a ConfigMap is not there. `warnings`: the
 * cluster's about the pod.
 */
export const neverStarted = (
  { pods }: KubeJobSnapshot,
  waited: Duration.Duration,
  warnings: ReadonlyArray<string> = []
): RunWithoutResult => {
  const waiting = Option.firstSomeOf(
    pods.map(({ waiting }) => Option.map(waiting, ({ message, reason }) => `${reason} ${message}`.trim()))
  )
  const why = [...Option.toArray(waiting), ...warnings.slice(-1)].join(": ") || "no reason is known"
  return clusterPostponed("not-started", `no pod of the Job could be started in ${Duration.format(waited)}: ${why}`)
}

/** Reasons for the exit codes of SIGKILL and SIGTERM. Any other is the container's own end. */
const signals: ReadonlyMap<number, (typeof Pod.Type)["reason"]> = new Map([[137, "killed"], [143, "stopped"]])

const podFailure = ({ exit, failure, name }: KubePod): RunWithoutResult => {
  if (Option.exists(exit, ({ reason }) => reason === "OOMKilled")) {
    return podLost("out-of-memory", `${name} ran out of memory: raise kubernetes.resources.limits.memory`)
  }
  if (Option.isSome(failure)) {
    const { message, reason } = failure.value
    return podLost("evicted", `${name}: ${reason}: ${message}`)
  }
  return Option.match(exit, {
    onNone: () => podLost("evicted", `${name} ended without a word`),
    onSome: ({ code, message, reason }) => {
      const detail = `${name} ended with exit code ${code} (${reason}) and left no result: ${message}`
      return podLost(signals.get(code) ?? "no-result", detail)
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
    onNone: () => podLost("evicted", "the Job failed"),
    onSome: ({ message, reason }) => podLost("evicted", `the Job failed: ${reason}: ${message}`)
  })
}
