import { Duration, Effect, type Fiber } from "effect"
import { isFinished } from "./KubeConditions.ts"
import { tracking } from "./KubeJobPods.ts"
import type { KubeEvent, KubeJobObject, KubePodObject, KubeStore } from "./KubeStore.ts"

/** Fate of a deleted Job's pods. */
export type PropagationPolicy = "Foreground" | "Background" | "Orphan"

/**
 * The garbage collector of an emulated cluster, and its TTL controller: deletes Jobs with their pods, and ended Jobs
 * after their time.
 */
export const makeCollector = (
  store: KubeStore,
  pace: Duration.Duration,
  graceOf: (pod: KubePodObject) => number
) => {
  const pending = new Set<Fiber.Fiber<unknown>>()
  const expiring = new Set<string>()

  const later = (delay: Duration.Duration, what: () => void) => {
    const fiber = Effect.runFork(Effect.delay(Effect.sync(what), delay))
    pending.add(fiber)
    fiber.addObserver(() => pending.delete(fiber))
  }

  const again = ({ metadata: { name, namespace } }: KubePodObject) => store.pod(namespace, name)

  const untrack = (pod: KubePodObject): KubePodObject | undefined => {
    store.release(pod, tracking)
    return again(pod)
  }

  const orphan = (pod: KubePodObject) => {
    const { ownerReferences: _, ...metadata } = pod.metadata
    store.put({ ...pod, metadata })
  }

  const collect = (job: KubeJobObject, policy: PropagationPolicy) => {
    for (const pod of store.podsOf(job)) {
      const left = untrack(pod)
      if (left === undefined) continue
      if (policy === "Orphan") orphan(left)
      else if (left.metadata.deletionTimestamp === undefined) store.delete(left, graceOf(left))
    }
    if (policy === "Orphan" || store.podsOf(job).length === 0) store.remove(job)
  }

  /** Deletes a Job: in the foreground it is there until its pods are gone, else they go on ending after it. */
  const end = (job: KubeJobObject, policy: PropagationPolicy): KubeJobObject => {
    const leaving = policy === "Background"
      ? job
      : store.delete(job, 0, policy === "Foreground" ? "foregroundDeletion" : "orphan")
    if (policy === "Background") store.remove(job)
    later(pace, () => collect(job, policy))
    return leaving
  }

  const ownerOf = (pod: KubePodObject): KubeJobObject | undefined =>
    store.jobs().find(({ metadata }) => pod.metadata.ownerReferences?.some(({ uid }) => uid === metadata.uid))

  const seen = ({ object, type }: KubeEvent) => {
    if (object.kind === "Pod" && type === "DELETED") {
      const owner = ownerOf(object)
      const waits = owner?.metadata.finalizers?.includes("foregroundDeletion") === true
      if (owner !== undefined && waits && store.podsOf(owner).length === 0) store.remove(owner)
    }
    if (object.kind !== "Job" || !isFinished(object) || expiring.has(object.metadata.uid)) return
    const { name, namespace, uid } = object.metadata
    expiring.add(uid)
    later(Duration.seconds(object.spec.ttlSecondsAfterFinished ?? 1e9), () => {
      const job = store.job(namespace, name)
      if (job?.metadata.uid === uid && job.metadata.deletionTimestamp === undefined) end(job, "Foreground")
    })
  }
  const stop = store.listen(seen)

  return {
    end,
    close: (): void => {
      stop()
      for (const fiber of pending) fiber.interruptUnsafe()
    }
  }
}
