import { Duration, Effect, type Fiber } from "effect"
import type { Namespace } from "./KubeAdmission.ts"
import { hasEnded, holds, isFinished } from "./KubeConditions.ts"
import { addPod, tracking } from "./KubeJobPods.ts"
import { JobStatuses } from "./KubeJobStatus.ts"
import type { KubeEvent, KubeJobObject, KubePodObject, KubeStore } from "./KubeStore.ts"

/** Delays of the Job controller. The real one's times stand beside them. */
export interface ControllerOptions {
  /** Delay until it sees a new Job: tens of milliseconds. */
  readonly pace: Duration.Duration
  /** Time that it collects the events of pods before it looks at their Job: 1 s. */
  readonly sync: Duration.Duration
  /** Backoff before the pod after a failed or evicted one, doubled by each that fails: 10 s. */
  readonly backoff: Duration.Duration
}

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

/** True if `podFailurePolicy` does not count the end of a pod as a failure of its Job. */
const ignored = ({ spec }: KubeJobObject, pod: KubePodObject): boolean =>
  (spec.podFailurePolicy?.rules ?? []).some(({ action, onPodConditions }) =>
    action === "Ignore" && (onPodConditions ?? []).some(({ type }) => holds(pod, type))
  )

/**
 * The Job controller: it looks at a Job whenever something has happened to it or its pods, and does the next step
 * towards what is wanted.
 */
export class JobController {
  readonly #store: KubeStore
  readonly #options: ControllerOptions
  readonly #namespaces: ReadonlyMap<string, Namespace>
  readonly #graceOf: (pod: KubePodObject) => number
  readonly #statuses: JobStatuses
  readonly #memories = new Map<string, Memory>()
  readonly #stop: () => void

  constructor(
    store: KubeStore,
    options: ControllerOptions,
    namespaces: ReadonlyMap<string, Namespace>,
    graceOf: (pod: KubePodObject) => number
  ) {
    this.#store = store
    this.#options = options
    this.#namespaces = namespaces
    this.#graceOf = graceOf
    this.#statuses = new JobStatuses(store)
    this.#stop = store.listen((event) => this.#seen(event))
  }

  close(): void {
    this.#stop()
    for (const { look } of this.#memories.values()) look?.interruptUnsafe()
  }

  #seen({ object, type }: KubeEvent): void {
    const { pace, sync } = this.#options
    if (object.kind === "Job") {
      const { name, namespace, uid } = object.metadata
      const known = this.#memories.get(uid)
      const memory = known ??
        { uid, namespace, name, look: undefined, lookAt: 0, startedAt: 0, nextPodAt: 0, lost: 0, refused: 0 }
      this.#memories.set(uid, memory)
      if (type === "DELETED") memory.look?.interruptUnsafe()
      else this.#look(memory, Duration.toMillis(known === undefined ? pace : sync))
    }
    const owner = object.kind === "Pod"
      ? this.#memories.get(object.metadata.ownerReferences?.[0]?.uid ?? "")
      : undefined
    if (owner !== undefined) this.#look(owner, Duration.toMillis(sync))
  }

  /** Looks at a Job after a time; a look that is due before stands. */
  #look(memory: Memory, millis: number): void {
    const at = performance.now() + millis
    if (memory.look !== undefined && memory.lookAt <= at) return
    memory.look?.interruptUnsafe()
    memory.lookAt = at
    memory.look = Effect.runFork(
      Effect.sync(() => {
        memory.look = undefined
        const job = this.#jobOf(memory)
        if (job !== undefined && !isFinished(job)) this.#step(memory, job)
      }).pipe(Effect.delay(Duration.millis(millis)))
    )
  }

  #step(memory: Memory, job: KubeJobObject): void {
    const statuses = this.#statuses
    const pods = this.#store.podsOf(job)
    const active = pods.filter(isActive)
    if (job.metadata.deletionTimestamp !== undefined) {
      statuses.count(pods)
      return statuses.set(job, { active: 0, ready: 0, terminating: statuses.terminatingOf(job) })
    }
    if (holds(job, "FailureTarget")) return statuses.awaitLast(job)
    if (job.spec.suspend === true) {
      this.#deletePods(active)
      statuses.suspend(job)
      memory.startedAt = 0
      return
    }
    const now = performance.now()
    if (memory.startedAt === 0) memory.startedAt = now
    const uncounted = pods.filter((pod) => hasEnded(pod) && pod.metadata.finalizers?.includes(tracking))
    const succeeded = uncounted.filter(({ status }) => status.phase === "Succeeded")
    if (succeeded.length > 0) return statuses.succeed(job, succeeded)
    const unlucky = uncounted.filter((pod) => ignored(job, pod))
    const failed = uncounted.filter((pod) => !ignored(job, pod))
    const failures = (job.status.failed ?? 0) + failed.length
    if (failures > (job.spec.backoffLimit ?? 6)) return statuses.fail(job, "BackoffLimitExceeded", failed, failures)
    const left = memory.startedAt + (job.spec.activeDeadlineSeconds ?? 1e9) * 1000 - now
    if (left <= 0) {
      this.#deletePods(active)
      return statuses.fail(job, "DeadlineExceeded", [...failed, ...active], failures + active.length)
    }
    this.#look(memory, Math.min(left, 2 ** 31))
    if (uncounted.length > 0) {
      memory.nextPodAt = now + Duration.toMillis(this.#options.backoff) * 2 ** memory.lost
      memory.lost += uncounted.length
      statuses.retry(job, failed, unlucky, failures)
    }
    const latest = this.#jobOf(memory)
    if (latest !== undefined) this.#carryOn(memory, latest, active)
  }

  /** Adds the next pod if its time has come, and writes how many there are. */
  #carryOn(memory: Memory, job: KubeJobObject, active: ReadonlyArray<KubePodObject>): void {
    const now = performance.now()
    const terminating = this.#statuses.terminatingOf(job)
    let added = 0
    const onlyEnded = job.spec.podReplacementPolicy === "Failed"
    if (active.length === 0 && !(onlyEnded && terminating > 0)) {
      if (now < memory.nextPodAt) this.#look(memory, memory.nextPodAt - now)
      else if (addPod(this.#store, job, this.#namespaces.get(job.metadata.namespace) ?? {}) === undefined) {
        this.#look(memory, Math.min(2 ** memory.refused, 60) * Duration.toMillis(this.#options.sync))
        memory.refused += 1
      } else added = 1
    }
    this.#statuses.carryOn(job, {
      active: active.length + added,
      ready: active.filter((pod) => holds(pod, "Ready")).length,
      terminating
    })
  }

  #jobOf({ name, namespace, uid }: Memory): KubeJobObject | undefined {
    const job = this.#store.job(namespace, name)
    return job?.metadata.uid === uid ? job : undefined
  }

  #deletePods(pods: ReadonlyArray<KubePodObject>): void {
    for (const pod of pods) this.#store.delete(pod, this.#graceOf(pod))
  }
}
