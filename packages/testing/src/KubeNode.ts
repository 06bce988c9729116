import { Deferred, Duration, Effect, Fiber, Semaphore } from "effect"
import { condition, hasEnded, withConditions } from "./KubeConditions.ts"
import { prepare, type Secrets } from "./KubeEnvironment.ts"
import { type ContainerEnd, type PodBehaviour, type PodEnd, type RunningPod, startPod, stopPod } from "./KubePods.ts"
import {
  type Condition,
  type ContainerState,
  type ContainerStatus,
  type KubeObject,
  type KubePodObject,
  type KubeStore,
  timestamp
} from "./KubeStore.ts"

/** Options of the nodes of an emulated cluster. */
export interface NodeOptions {
  /** Behaviour of a pod; by default, its process. */
  readonly behave: (pod: KubePodObject) => PodBehaviour | undefined
  /** The program that the image's `nominal-code` is; `Command` unless told. */
  readonly bin: string
  /** Number of pods that have a place at the same time; the others wait for one. */
  readonly places: number
  /** Duration of each step of the cluster. */
  readonly pace: Duration.Duration
  /** Time between SIGTERM and SIGKILL. */
  readonly grace: Duration.Duration
  /** After how long a container that cannot have its image says that it waits for the next try. */
  readonly sync: Duration.Duration
}

/** One start of a pod. Times are milliseconds of the machine. */
interface Start {
  readonly job: string
  readonly pod: string
  readonly node: string
  /** The lane that it works for. */
  readonly lane: string
  /** Moment in which the cluster had made the pod: it may have waited for a place since. */
  readonly madeAt: number
  readonly at: number
  endedAt?: number
}

const ready = (is: "True" | "False", reason?: string) => [
  condition("Ready", reason, undefined, is),
  condition("ContainersReady", reason, undefined, is)
]

/** The seconds that the deletion of a pod gives it: none where it has no node, or has ended. */
const graceOf = ({ spec, status }: KubePodObject): number =>
  spec.nodeName === undefined || /Succeeded|Failed/.test(status.phase) ? 0 : spec.terminationGracePeriodSeconds ?? 30

/** The scheduler and the kubelets of an emulated cluster. One node at a time takes pods. */
export const makeNodes = (store: KubeStore, secrets: Secrets, options: NodeOptions) => {
  const { behave, bin, grace, pace, places, sync } = options
  const lives = new Map<string, Fiber.Fiber<void>>()
  const running = new Map<string, RunningPod>()
  const starts: Array<Start> = []
  const room = Semaphore.makeUnsafe(places)
  /** The pods of nodes that are lost: nobody tells what becomes of them. */
  const unreachable = new Set<string>()
  let node = 1

  const current = ({ metadata: { name, namespace, uid } }: KubePodObject): KubePodObject | undefined => {
    const pod = store.pod(namespace, name)
    return pod?.metadata.uid === uid ? pod : undefined
  }
  const tell = (of: KubePodObject, change: (pod: KubePodObject) => KubePodObject["status"]) => {
    const pod = current(of)
    if (pod === undefined || unreachable.has(pod.metadata.uid)) return
    store.put({ ...pod, status: { ...pod.status, ...change(pod) } })
  }
  const containers = (
    { spec }: KubePodObject,
    state: ContainerState,
    is: boolean
  ): ReadonlyArray<ContainerStatus> =>
    spec.containers.map(({ image = "", name }) => (
      { name, state, lastState: {}, ready: is, started: is, restartCount: 0, image, imageID: "" }
    ))

  const waiting = (pod: KubePodObject, reason: string, message: string) =>
    Effect.sync(() =>
      tell(pod, () => ({
        phase: "Pending",
        containerStatuses: containers(pod, { waiting: { reason, message } }, false)
      }))
    )

  const unschedulable = (pod: KubePodObject, message: string) =>
    Effect.sync(() =>
      tell(pod, ({ status }) => ({
        ...status,
        conditions: withConditions(status.conditions, condition("PodScheduled", "Unschedulable", message, "False"))
      }))
    )

  /** Gives a pod its node. It waits for as long as none has room for it. */
  const schedule = Effect.fnUntraced(function*(pod: KubePodObject, behaviour: PodBehaviour) {
    if (behaviour._tag === "Unschedulable") {
      yield* unschedulable(pod, behaviour.message)
      yield* behaviour.until ?? Effect.never
    }
    if (running.size >= places) {
      yield* unschedulable(pod, "0/1 nodes are available: 1 Too many pods.")
    }
    yield* room.take(1)
    const bound = current(pod)
    if (bound === undefined) return pod
    return store.put({
      ...bound,
      spec: { ...bound.spec, nodeName: `node-${node}` },
      status: { ...bound.status, conditions: withConditions(bound.status.conditions, condition("PodScheduled")) }
    })
  })

  /** Reason in a pod's status why its container cannot start, if it cannot. */
  const obstacle = Effect.fnUntraced(function*(pod: KubePodObject, behaviour: PodBehaviour) {
    if (behaviour._tag === "Waiting") {
      // As a node does: the first try fails with one word, and the wait for the next has another.
      if (behaviour.reason === "ImagePullBackOff") {
        yield* waiting(pod, "ErrImagePull", behaviour.message)
        yield* Effect.sleep(sync)
        yield* waiting(pod, behaviour.reason, "Back-off pulling image")
      } else yield* waiting(pod, behaviour.reason, behaviour.message)
      return true
    }
    const obstacles = [...pod.spec.initContainers ?? [], ...pod.spec.containers]
      .map((container) => prepare(container, pod.metadata.namespace, secrets))
      .flatMap((prepared) => "obstacle" in prepared ? [prepared.obstacle] : [])
    for (const obstacle of obstacles) yield* waiting(pod, "CreateContainerConfigError", obstacle)
    return obstacles.length > 0
  })

  const ended = (pod: KubePodObject, end: PodEnd, startedAt: string) => {
    const { exitCode } = end
    const stateOf = ({ exitCode, message, reason }: ContainerEnd): ContainerState => ({
      terminated: {
        exitCode,
        reason,
        ...(message === undefined ? {} : { message }),
        startedAt,
        finishedAt: timestamp()
      }
    })
    tell(pod, ({ status }) => ({
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
          stateOf(end.containers?.[container.name] ?? end),
          false
        )
      )
    }))
  }

  const run = Effect.fnUntraced(function*(pod: KubePodObject, behaviour: PodBehaviour, madeAt: number) {
    const { labels, name, uid } = pod.metadata
    const record: Start = {
      job: labels["job-name"] ?? "",
      pod: name,
      node: pod.spec.nodeName ?? "",
      lane: labels["nominal-code/lane"] ?? "",
      madeAt,
      at: performance.now()
    }
    starts.push(record)
    const started = startPod(pod, behaviour, secrets, bin)
    running.set(name, started)
    const startedAt = timestamp()
    tell(pod, ({ status }) => ({
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
    const end = yield* Deferred.await(started.ended)
    record.endedAt = performance.now()
    running.delete(name)
    ended(pod, end, startedAt)
    if (unreachable.has(uid)) return yield* Effect.never
  })

  const life = Effect.fnUntraced(function*(pod: KubePodObject) {
    const behaviour = behave(pod) ?? { _tag: "Process" }
    const madeAt = performance.now()
    yield* Effect.sleep(pace)
    const bound = yield* schedule(pod, behaviour)
    yield* Effect.gen(function*() {
      yield* Effect.sleep(pace)
      if (yield* obstacle(bound, behaviour)) return yield* Effect.never
      yield* run(bound, behaviour, madeAt)
    }).pipe(Effect.ensuring(room.release(1)))
  })

  /** Ends a pod that was deleted, and lets it go. */
  const leave = Effect.fnUntraced(function*(pod: KubePodObject) {
    if (unreachable.has(pod.metadata.uid)) return
    const started = running.get(pod.metadata.name)
    const life = lives.get(pod.metadata.uid)
    if (started !== undefined) yield* stopPod(started, grace)
    if (life !== undefined) yield* Fiber.await(life)
    const left = current(pod)
    if (left !== undefined) store.delete(left, 0)
  })

  const disturb = (of: KubePodObject, change: Condition): KubePodObject | undefined => {
    const pod = current(of)
    if (pod === undefined) return undefined
    const conditions = withConditions(pod.status.conditions, change)
    return store.put({ ...pod, status: { ...pod.status, conditions } })
  }

  /** Evicts the pods of a lost node, as the taint manager does. */
  const evict = (of: KubePodObject) =>
    Effect.sync(() => {
      const message = "Taint manager: deleting due to NoExecute taint"
      const pod = disturb(of, condition("DisruptionTarget", "DeletionByTaintManager", message))
      if (pod !== undefined) store.delete(pod, graceOf(pod))
    })

  const leaving = new Map<string, Fiber.Fiber<void>>()
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
    starts: starts as ReadonlyArray<Start>,
    /** The pods that run now, by name. */
    running: running as ReadonlyMap<string, RunningPod>,
    graceOf,
    /**
     * The node that runs pods now is cut off: nobody hears any more what becomes of its pods, which go on. They are
     * deleted after a while (340 s), and stay. Pods that come later get another node.
     */
    lose: (): ReadonlyArray<KubePodObject> => {
      const lost = store.pods().filter(({ spec }) => spec.nodeName === `node-${node}`).filter((pod) => !hasEnded(pod))
      for (const pod of lost) {
        disturb(pod, condition("Ready", "NodeNotReady", undefined, "False"))
        unreachable.add(pod.metadata.uid)
        leaving.set(pod.metadata.uid, Effect.runFork(Effect.delay(evict(pod), Duration.times(sync, 340))))
      }
      node += 1
      void Effect.runFork(room.release(lost.length))
      return lost
    },
    close: (): void => {
      stop()
      for (const fiber of [...lives.values(), ...leaving.values()]) fiber.interruptUnsafe()
      for (const pod of running.values()) pod.kill()
    }
  }
}
