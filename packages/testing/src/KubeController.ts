import { Duration, Effect, type Fiber } from "effect"
import type { Namespace } from "./KubeAdmission.ts"
import { condition, hasEnded, holds, isFinished, withConditions } from "./KubeConditions.ts"
import { addPod, tracking } from "./KubeJobPods.ts"
import {
  type Condition,
  type KubeEvent,
  type KubeJobObject,
  type KubePodObject,
  type KubeStore,
  timestamp
} from "./KubeStore.ts"

/** Delays of the Job controller. The real one's times stand beside them. */
export interface ControllerOptions {
  /** Delay until it sees a new Job: tens of milliseconds. */
  readonly pace: Duration.Duration
  /** Time that it collects the events of pods before it looks at their Job: 1 s. */
  readonly sync: Duration.Duration
  /** Backoff before the pod after a failed or evicted one, doubled by each that fails: 10 s. */
  readonly backoff: Duration.Duration
}

type Status = KubeJobObject["status"]

/** State that the controller keeps of a Job. */
interface Memory {
  readonly uid: string
  readonly namespace: string
  readonly name: string
  look: Fiber.Fiber<void> | undefined
  lookAt: number
  /** Milliseconds of the machine. */
  startedAt: number
  nextPodAt: number
  lost: number
  refused: number
}

const isActive = (pod: KubePodObject) => !hasEnded(pod) && pod.metadata.deletionTimestamp === undefined
const uidsOf = (pods: ReadonlyArray<KubePodObject>) => pods.map(({ metadata }) => metadata.uid)

const why = {
  BackoffLimitExceeded: "Job has reached the specified backoff limit",
  DeadlineExceeded: "Job was active longer than specified deadline"
}

/** True if `podFailurePolicy` does not count the end of a pod as a failure of its Job. */
const ignored = ({ spec }: KubeJobObject, pod: KubePodObject): boolean =>
  (spec.podFailurePolicy?.rules ?? []).some(({ action, onPodConditions }) =>
    action === "Ignore" && (onPodConditions ?? []).some(({ type }) => holds(pod, type))
  )

/**
 * The Job controller: it looks at a Job whenever something has happened to it or its pods, and does the next step
 * towards what is wanted. A Job's end is written in two steps, and its pods are counted between them.
 */
export const makeController = (
  store: KubeStore,
  { backoff, pace, sync }: ControllerOptions,
  namespaces: ReadonlyMap<string, Namespace>,
  graceOf: (pod: KubePodObject) => number
) => {
  const memories = new Map<string, Memory>()

  const jobOf = ({ name, namespace, uid }: Memory): KubeJobObject | undefined => {
    const job = store.job(namespace, name)
    return job?.metadata.uid === uid ? job : undefined
  }

  /** Writes what has changed of a Job's status; nothing where nothing has. */
  const setStatus = (memory: Memory, change: Status): void => {
    const job = jobOf(memory)
    if (job === undefined) return
    const { active, startTime, ...status } = { ...job.status, ...change }
    const next: Status = {
      ...status,
      ...(startTime === undefined || startTime === "" ? {} : { startTime }),
      ...(active === undefined || active === 0 ? {} : { active })
    }
    const ordered = (value: Status) => JSON.stringify(Object.entries(value).sort(([a], [b]) => a < b ? -1 : 1))
    if (ordered(next) !== ordered(job.status)) store.put({ ...job, status: next })
  }

  const deletePods = (pods: ReadonlyArray<KubePodObject>) => {
    for (const pod of pods) store.delete(pod, graceOf(pod))
  }
  const count = (pods: ReadonlyArray<KubePodObject>) => {
    for (const { metadata: { name, namespace } } of pods) {
      const pod = store.pod(namespace, name)
      if (pod !== undefined) store.release(pod, tracking)
    }
  }
  const terminatingOf = (job: KubeJobObject) =>
    store.podsOf(job).filter((pod) => pod.metadata.deletionTimestamp !== undefined && !hasEnded(pod)).length

  const succeed = (memory: Memory, job: KubeJobObject, pods: ReadonlyArray<KubePodObject>) => {
    const reached = ["CompletionsReached", "Reached expected number of succeeded pods"] as const
    const conditions = withConditions(job.status.conditions, condition("SuccessCriteriaMet", ...reached))
    const counts = { active: 0, ready: 0, terminating: terminatingOf(job), conditions }
    setStatus(memory, { ...counts, uncountedTerminatedPods: { succeeded: uidsOf(pods) } })
    count(pods)
    setStatus(memory, {
      conditions: withConditions(conditions, condition("Complete", ...reached)),
      uncountedTerminatedPods: {},
      succeeded: 1,
      completionTime: timestamp()
    })
  }

  const fail = (
    memory: Memory,
    job: KubeJobObject,
    reason: keyof typeof why,
    pods: ReadonlyArray<KubePodObject>,
    failures: number
  ) => {
    const conditions = withConditions(job.status.conditions, condition("FailureTarget", reason, why[reason]))
    const terminating = terminatingOf(job)
    setStatus(memory, {
      active: 0,
      ready: 0,
      terminating,
      conditions,
      uncountedTerminatedPods: { failed: uidsOf(pods) }
    })
    count(pods)
    const failed: ReadonlyArray<Condition> = terminating === 0 ? [condition("Failed", reason, why[reason])] : []
    setStatus(memory, {
      conditions: withConditions(conditions, ...failed),
      uncountedTerminatedPods: {},
      ...(failures === 0 ? {} : { failed: failures })
    })
  }

  /** A Job with `FailureTarget` has failed when the last of its pods has ended. */
  const awaitLast = (memory: Memory, job: KubeJobObject) => {
    const target = job.status.conditions?.find(({ type }) => type === "FailureTarget")
    const terminating = terminatingOf(job)
    setStatus(memory, { terminating, ready: 0 })
    if (terminating > 0 || target === undefined) return
    setStatus(memory, {
      conditions: withConditions(job.status.conditions, condition("Failed", target.reason, target.message))
    })
  }

  const suspend = (memory: Memory, job: KubeJobObject, active: ReadonlyArray<KubePodObject>) => {
    deletePods(active)
    count(store.podsOf(job))
    const suspended = withConditions(job.status.conditions, condition("Suspended", "JobSuspended", "Job suspended"))
    setStatus(memory, {
      startTime: "",
      active: 0,
      ready: 0,
      terminating: terminatingOf(job),
      uncountedTerminatedPods: {},
      ...(holds(job, "Suspended") ? {} : { conditions: suspended })
    })
    memory.startedAt = 0
  }

  const resumed = (job: KubeJobObject): Status =>
    holds(job, "Suspended")
      ? {
        conditions: withConditions(
          job.status.conditions,
          condition("Suspended", "JobResumed", "Job resumed", "False")
        )
      }
      : {}

  /** Adds the next pod if its time has come, and writes how many there are. */
  const carryOn = (memory: Memory, job: KubeJobObject, active: ReadonlyArray<KubePodObject>) => {
    const now = performance.now()
    const terminating = terminatingOf(job)
    let added = 0
    const onlyEnded = job.spec.podReplacementPolicy === "Failed"
    if (active.length === 0 && !(onlyEnded && terminating > 0)) {
      if (now < memory.nextPodAt) look(memory, memory.nextPodAt - now)
      else if (addPod(store, job, namespaces.get(job.metadata.namespace) ?? {}) === undefined) {
        look(memory, Math.min(2 ** memory.refused, 60) * Duration.toMillis(sync))
        memory.refused += 1
      } else added = 1
    }
    setStatus(memory, {
      ...resumed(job),
      startTime: job.status.startTime ?? timestamp(),
      active: active.length + added,
      ready: active.filter((pod) => holds(pod, "Ready")).length,
      terminating,
      uncountedTerminatedPods: {}
    })
  }

  const step = (memory: Memory, job: KubeJobObject) => {
    const pods = store.podsOf(job)
    const active = pods.filter(isActive)
    if (job.metadata.deletionTimestamp !== undefined) {
      count(pods)
      return setStatus(memory, { active: 0, ready: 0, terminating: terminatingOf(job) })
    }
    if (holds(job, "FailureTarget")) return awaitLast(memory, job)
    if (job.spec.suspend === true) return suspend(memory, job, active)
    const now = performance.now()
    if (memory.startedAt === 0) memory.startedAt = now
    const uncounted = pods.filter((pod) => hasEnded(pod) && pod.metadata.finalizers?.includes(tracking))
    const succeeded = uncounted.filter(({ status }) => status.phase === "Succeeded")
    if (succeeded.length > 0) return succeed(memory, job, succeeded)
    const unlucky = uncounted.filter((pod) => ignored(job, pod))
    const failed = uncounted.filter((pod) => !ignored(job, pod))
    const failures = (job.status.failed ?? 0) + failed.length
    if (failures > (job.spec.backoffLimit ?? 6)) return fail(memory, job, "BackoffLimitExceeded", failed, failures)
    const left = memory.startedAt + (job.spec.activeDeadlineSeconds ?? 1e9) * 1000 - now
    if (left <= 0) {
      deletePods(active)
      return fail(memory, job, "DeadlineExceeded", [...failed, ...active], failures + active.length)
    }
    look(memory, Math.min(left, 2 ** 31))
    if (uncounted.length > 0) {
      memory.nextPodAt = now + Duration.toMillis(backoff) * 2 ** memory.lost
      memory.lost += uncounted.length
      setStatus(memory, {
        active: 0,
        ready: 0,
        uncountedTerminatedPods: failed.length > 0 ? { failed: uidsOf(failed) } : {}
      })
      count([...failed, ...unlucky])
      setStatus(memory, { uncountedTerminatedPods: {}, ...(failures > 0 ? { failed: failures } : {}) })
    }
    const latest = jobOf(memory)
    if (latest !== undefined) carryOn(memory, latest, active)
  }

  /** Looks at a Job after a time; a look that is due before stands. */
  const look = (memory: Memory, millis: number): void => {
    const at = performance.now() + millis
    if (memory.look !== undefined && memory.lookAt <= at) return
    memory.look?.interruptUnsafe()
    memory.lookAt = at
    memory.look = Effect.runFork(
      Effect.sync(() => {
        memory.look = undefined
        const job = jobOf(memory)
        if (job !== undefined && !isFinished(job)) step(memory, job)
      }).pipe(Effect.delay(Duration.millis(millis)))
    )
  }

  const seen = ({ object, type }: KubeEvent) => {
    if (object.kind === "Job") {
      const { name, namespace, uid } = object.metadata
      const known = memories.get(uid)
      const memory = known ??
        { uid, namespace, name, look: undefined, lookAt: 0, startedAt: 0, nextPodAt: 0, lost: 0, refused: 0 }
      memories.set(uid, memory)
      if (type === "DELETED") memory.look?.interruptUnsafe()
      else look(memory, Duration.toMillis(known === undefined ? pace : sync))
    }
    const owner = object.kind === "Pod" ? memories.get(object.metadata.ownerReferences?.[0]?.uid ?? "") : undefined
    if (owner !== undefined) look(owner, Duration.toMillis(sync))
  }
  const stop = store.listen(seen)

  return {
    close: (): void => {
      stop()
      for (const { look } of memories.values()) look?.interruptUnsafe()
    }
  }
}
