import { condition, withConditions } from "./KubeConditions.ts"
import type { ContainerEnd, PodEnd } from "./KubePods.ts"
import {
  type Condition,
  type ContainerState,
  type ContainerStatus,
  type KubePodObject,
  type KubeStore,
  timestamp
} from "./KubeStore.ts"

const ready = (is: "True" | "False", reason?: string) => [
  condition("Ready", reason, undefined, is),
  condition("ContainersReady", reason, undefined, is)
]

const containers = (
  { spec }: KubePodObject,
  state: ContainerState,
  is: boolean
): ReadonlyArray<ContainerStatus> =>
  spec.containers.map(({ image = "", name }) => (
    { name, state, lastState: {}, ready: is, started: is, restartCount: 0, image, imageID: "" }
  ))

const terminated = ({ exitCode, message, reason }: ContainerEnd, startedAt: string): ContainerState => ({
  terminated: {
    exitCode,
    reason,
    ...(message === undefined ? {} : { message }),
    startedAt,
    finishedAt: timestamp()
  }
})

/** The seconds that the deletion of a pod gives it: none where it has no node, or has ended. */
export const graceOf = ({ spec, status }: KubePodObject): number =>
  spec.nodeName === undefined || /Succeeded|Failed/.test(status.phase) ? 0 : spec.terminationGracePeriodSeconds ?? 30

/** The writes of the scheduler and of the nodes to the status of their pods. */
export class PodStatuses {
  readonly #store: KubeStore
  /** The pods of nodes that are lost: nobody tells what becomes of them. */
  readonly #unreachable = new Set<string>()

  constructor(store: KubeStore) {
    this.#store = store
  }

  /** A pod as it is now, if it is there. */
  current({ metadata: { name, namespace, uid } }: KubePodObject): KubePodObject | undefined {
    const pod = this.#store.pod(namespace, name)
    return pod?.metadata.uid === uid ? pod : undefined
  }

  isUnreachable({ metadata: { uid } }: KubePodObject): boolean {
    return this.#unreachable.has(uid)
  }

  unschedulable(pod: KubePodObject, message: string): void {
    this.#tell(pod, ({ status }) => ({
      ...status,
      conditions: withConditions(status.conditions, condition("PodScheduled", "Unschedulable", message, "False"))
    }))
  }

  /** Gives a pod its node. It is answered as it was where it is gone. */
  bind(pod: KubePodObject, nodeName: string): KubePodObject {
    const bound = this.current(pod)
    if (bound === undefined) return pod
    return this.#store.put({
      ...bound,
      spec: { ...bound.spec, nodeName },
      status: { ...bound.status, conditions: withConditions(bound.status.conditions, condition("PodScheduled")) }
    })
  }

  waiting(pod: KubePodObject, reason: string, message: string): void {
    this.#tell(pod, () => ({
      phase: "Pending",
      containerStatuses: containers(pod, { waiting: { reason, message } }, false)
    }))
  }

  running(pod: KubePodObject, startedAt: string): void {
    this.#tell(pod, ({ status }) => ({
      ...status,
      phase: "Running",
      startTime: startedAt,
      conditions: withConditions(
        status.conditions,
        condition("Initialized"),
        ...ready("True"),
        condition("PodReadyToStartContainers")
      ),
      containerStatuses: containers(pod, { running: { startedAt } }, true)
    }))
  }

  ended(pod: KubePodObject, end: PodEnd, startedAt: string): void {
    const { exitCode } = end
    this.#tell(pod, ({ status }) => ({
      ...status,
      phase: exitCode === 0 ? "Succeeded" : "Failed",
      ...end.pod,
      conditions: withConditions(
        status.conditions,
        ...ready("False", exitCode === 0 ? "PodCompleted" : "PodFailed"),
        ...(end.disrupted === true ? [condition("DisruptionTarget", "TerminationByKubelet", end.pod?.message)] : [])
      ),
      containerStatuses: pod.spec.containers.flatMap((container) =>
        containers(
          { ...pod, spec: { containers: [container] } },
          terminated(end.containers?.[container.name] ?? end, startedAt),
          false
        )
      )
    }))
  }

  /** A pod's node is cut off: what becomes of the pod is written no more. */
  lose(pod: KubePodObject): void {
    this.#disturb(pod, condition("Ready", "NodeNotReady", undefined, "False"))
    this.#unreachable.add(pod.metadata.uid)
  }

  /** Evicts a pod of a lost node, as the taint manager does. */
  evict(of: KubePodObject): void {
    const message = "Taint manager: deleting due to NoExecute taint"
    const pod = this.#disturb(of, condition("DisruptionTarget", "DeletionByTaintManager", message))
    if (pod !== undefined) this.#store.delete(pod, graceOf(pod))
  }

  #tell(of: KubePodObject, change: (pod: KubePodObject) => KubePodObject["status"]): void {
    const pod = this.current(of)
    if (pod === undefined || this.isUnreachable(pod)) return
    this.#store.put({ ...pod, status: { ...pod.status, ...change(pod) } })
  }

  #disturb(of: KubePodObject, change: Condition): KubePodObject | undefined {
    const pod = this.current(of)
    if (pod === undefined) return undefined
    const conditions = withConditions(pod.status.conditions, change)
    return this.#store.put({ ...pod, status: { ...pod.status, conditions } })
  }
}
