import { Effect, Semaphore } from "effect"
import type { PodBehaviour } from "./KubePods.ts"
import type { PodStatuses } from "./KubePodStatus.ts"
import type { KubePodObject } from "./KubeStore.ts"

/** The scheduler of an emulated cluster, in which one node at a time takes pods. `places` of them run at once. */
export const makeScheduler = (statuses: PodStatuses, places: number, running: ReadonlyMap<string, unknown>) => {
  const room = Semaphore.makeUnsafe(places)
  let node = 1
  const nodeName = () => `node-${node}`

  return {
    /** Gives a pod its node. It waits for as long as none has room for it. */
    schedule: Effect.fnUntraced(function*(pod: KubePodObject, behaviour: PodBehaviour) {
      if (behaviour._tag === "Unschedulable") {
        statuses.unschedulable(pod, behaviour.message)
        yield* behaviour.until ?? Effect.never
      }
      if (running.size >= places) statuses.unschedulable(pod, "0/1 nodes are available: 1 Too many pods.")
      yield* room.take(1)
      return statuses.bind(pod, nodeName())
    }),
    /** A pod that had a place leaves it. */
    leave: room.release(1),
    /** The node that takes pods now. */
    nodeName,
    /** Another node takes the pods that come later. It has the places of those that the last one keeps. */
    next: (kept: number): void => {
      node += 1
      void Effect.runFork(room.release(kept))
    }
  }
}

/** The scheduler of an emulated cluster. */
export type Scheduler = ReturnType<typeof makeScheduler>
