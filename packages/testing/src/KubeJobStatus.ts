import { condition, hasEnded, holds, withConditions } from "./KubeConditions.ts"
import { tracking } from "./KubeJobPods.ts"
import { type Condition, type KubeJobObject, type KubePodObject, type KubeStore, timestamp } from "./KubeStore.ts"

type Status = KubeJobObject["status"]

const uidsOf = (pods: ReadonlyArray<KubePodObject>) => pods.map(({ metadata }) => metadata.uid)

const why = {
  BackoffLimitExceeded: "Job has reached the specified backoff limit",
  DeadlineExceeded: "Job was active longer than specified deadline"
}

/**
 * The writes of a Job controller to the status of its Jobs. A Job's end is written in two steps, and its pods are counted
 * between them.
 */
export class JobStatuses {
  readonly #store: KubeStore

  constructor(store: KubeStore) {
    this.#store = store
  }

  /** Writes what has changed of a Job's status; nothing where nothing has. */
  set({ metadata: { name, namespace, uid } }: KubeJobObject, change: Status): void {
    const job = this.#store.job(namespace, name)
    if (job?.metadata.uid !== uid) return
    const { active, startTime, ...status } = { ...job.status, ...change }
    const next: Status = {
      ...status,
      ...(startTime === undefined || startTime === "" ? {} : { startTime }),
      ...(active === undefined || active === 0 ? {} : { active })
    }
    const ordered = (value: Status) => JSON.stringify(Object.entries(value).sort(([a], [b]) => a < b ? -1 : 1))
    if (ordered(next) !== ordered(job.status)) this.#store.put({ ...job, status: next })
  }

  /** Counts pods: nothing holds them any more. */
  count(pods: ReadonlyArray<KubePodObject>): void {
    for (const { metadata: { name, namespace } } of pods) {
      const pod = this.#store.pod(namespace, name)
      if (pod !== undefined) this.#store.release(pod, tracking)
    }
  }

  /** Number of a Job's pods that were deleted, and have not ended. */
  terminatingOf(job: KubeJobObject): number {
    return this.#store.podsOf(job).filter((pod) => pod.metadata.deletionTimestamp !== undefined && !hasEnded(pod))
      .length
  }

  succeed(job: KubeJobObject, pods: ReadonlyArray<KubePodObject>): void {
    const reached = ["CompletionsReached", "Reached expected number of succeeded pods"] as const
    const conditions = withConditions(job.status.conditions, condition("SuccessCriteriaMet", ...reached))
    const counts = { active: 0, ready: 0, terminating: this.terminatingOf(job), conditions }
    this.set(job, { ...counts, uncountedTerminatedPods: { succeeded: uidsOf(pods) } })
    this.count(pods)
    this.set(job, {
      conditions: withConditions(conditions, condition("Complete", ...reached)),
      uncountedTerminatedPods: {},
      succeeded: 1,
      completionTime: timestamp()
    })
  }

  fail(job: KubeJobObject, reason: keyof typeof why, pods: ReadonlyArray<KubePodObject>, failures: number): void {
    const conditions = withConditions(job.status.conditions, condition("FailureTarget", reason, why[reason]))
    const terminating = this.terminatingOf(job)
    this.set(job, {
      active: 0,
      ready: 0,
      terminating,
      conditions,
      uncountedTerminatedPods: { failed: uidsOf(pods) }
    })
    this.count(pods)
    const failed: ReadonlyArray<Condition> = terminating === 0 ? [condition("Failed", reason, why[reason])] : []
    this.set(job, {
      conditions: withConditions(conditions, ...failed),
      uncountedTerminatedPods: {},
      ...(failures === 0 ? {} : { failed: failures })
    })
  }

  /** A Job with `FailureTarget` has failed when the last of its pods has ended. */
  awaitLast(job: KubeJobObject): void {
    const target = job.status.conditions?.find(({ type }) => type === "FailureTarget")
    const terminating = this.terminatingOf(job)
    this.set(job, { terminating, ready: 0 })
    if (terminating > 0 || target === undefined) return
    this.set(job, {
      conditions: withConditions(job.status.conditions, condition("Failed", target.reason, target.message))
    })
  }

  /** Counts the pods that have ended while their Job may have another. `failed` are those that count as its failures. */
  retry(
    job: KubeJobObject,
    failed: ReadonlyArray<KubePodObject>,
    unlucky: ReadonlyArray<KubePodObject>,
    failures: number
  ): void {
    this.set(job, {
      active: 0,
      ready: 0,
      uncountedTerminatedPods: failed.length > 0 ? { failed: uidsOf(failed) } : {}
    })
    this.count([...failed, ...unlucky])
    this.set(job, { uncountedTerminatedPods: {}, ...(failures > 0 ? { failed: failures } : {}) })
  }

  suspend(job: KubeJobObject): void {
    this.count(this.#store.podsOf(job))
    const suspended = withConditions(job.status.conditions, condition("Suspended", "JobSuspended", "Job suspended"))
    this.set(job, {
      startTime: "",
      active: 0,
      ready: 0,
      terminating: this.terminatingOf(job),
      uncountedTerminatedPods: {},
      ...(holds(job, "Suspended") ? {} : { conditions: suspended })
    })
  }

  /** A Job that goes on, with what was counted of its pods; it is suspended no longer. */
  carryOn(job: KubeJobObject, pods: { readonly active: number; readonly ready: number; readonly terminating: number }) {
    const resumed = condition("Suspended", "JobResumed", "Job resumed", "False")
    this.set(job, {
      ...(holds(job, "Suspended") ? { conditions: withConditions(job.status.conditions, resumed) } : {}),
      startTime: job.status.startTime ?? timestamp(),
      ...pods,
      uncountedTerminatedPods: {}
    })
  }
}
