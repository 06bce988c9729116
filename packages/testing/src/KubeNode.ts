import { Duration, Effect, Fiber } from "effect"
import { hasEnded } from "./KubeConditions.ts"
import type { Secrets } from "./KubeEnvironment.ts"
import { type KubeletOptions, makeKubelets } from "./KubeKubelet.ts"
import { type RunningPod, stopPod } from "./KubePods.ts"
import { PodStatuses } from "./KubePodStatus.ts"
import { makeScheduler } from "./KubeScheduler.ts"
import type { KubeObject, KubePodObject, KubeStore } from "./KubeStore.ts"

/** Options of the nodes of an emulated cluster. */
export interface NodeOptions extends KubeletOptions {
  /** Number of pods that have a place at the same time; the others wait for one. */
  readonly places: number
  /** Time between SIGTERM and SIGKILL. */
  readonly grace: Duration.Duration
}

/** The scheduler and the kubelets of an emulated cluster. One node at a time takes pods. */
export const makeNodes = (store: KubeStore, secrets: Secrets, options: NodeOptions) => {
  const lives = new Map<string, Fiber.Fiber<void>>()
  const leaving = new Map<string, Fiber.Fiber<void>>()
  const running = new Map<string, RunningPod>()
  const statuses = new PodStatuses(store)
  const scheduler = makeScheduler(statuses, options.places, running)
  const { life, starts } = makeKubelets(statuses, scheduler, running, secrets, options)

  /** Ends a pod that was deleted, and lets it go. */
  const leave = Effect.fnUntraced(function*(pod: KubePodObject) {
    if (statuses.isUnreachable(pod)) return
    const started = running.get(pod.metadata.name)
    const life = lives.get(pod.metadata.uid)
    if (started !== undefined) yield* stopPod(started, options.grace)
    if (life !== undefined) yield* Fiber.await(life)
    const left = statuses.current(pod)
    if (left !== undefined) store.delete(left, 0)
  })

  const seen = (object: KubeObject, type: string) => {
    if (object.kind !== "Pod") return
    const { deletionGracePeriodSeconds, deletionTimestamp, uid } = object.metadata
    if (type === "ADDED") lives.set(uid, Effect.runFork(life(object)))
    if (type !== "MODIFIED" || deletionTimestamp === undefined) return
    if (!running.has(object.metadata.name)) lives.get(uid)?.interruptUnsafe()
    if (deletionGracePeriodSeconds === 0 || leaving.has(uid)) return
    leaving.set(uid, Effect.runFork(leave(object)))
  }
  const stop = store.listen(({ object, type }) => seen(object, type))

  return {
    /** Every start of a pod, with the lane that it works for, in the order of the starts. */
    starts,
    /** The pods that run now, by name. */
    running: running as ReadonlyMap<string, RunningPod>,
    /**
     * The node that runs pods now is cut off: nobody hears any more what becomes of its pods, which go on. They are
     * deleted after a while (340 s), and stay. Pods that come later get another node.
     */
    lose: (): ReadonlyArray<KubePodObject> => {
      const lost = store.pods().filter(({ spec }) => spec.nodeName === scheduler.nodeName())
        .filter((pod) => !hasEnded(pod))
      for (const pod of lost) {
        statuses.lose(pod)
        const evict = Effect.delay(Effect.sync(() => statuses.evict(pod)), Duration.times(options.sync, 340))
        leaving.set(pod.metadata.uid, Effect.runFork(evict))
      }
      scheduler.next(lost.length)
      return lost
    },
    close: (): void => {
      stop()
      for (const fiber of [...lives.values(), ...leaving.values()]) fiber.interruptUnsafe()
      for (const pod of running.values()) pod.kill()
    }
  }
}
