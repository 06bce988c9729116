import { Deferred, type Duration, Effect } from "effect"
import { prepare, type Secrets } from "./KubeEnvironment.ts"
import { type PodBehaviour, type RunningPod, startPod } from "./KubePods.ts"
import type { PodStatuses } from "./KubePodStatus.ts"
import type { Scheduler } from "./KubeScheduler.ts"
import { type KubePodObject, timestamp } from "./KubeStore.ts"

/** Options of the kubelets. */
export interface KubeletOptions {
  /** Behaviour of a pod; by default, its process. */
  readonly behave: (pod: KubePodObject) => PodBehaviour | undefined
  /** The program that the image's `nominal-code` is; `Command` unless told. */
  readonly bin: string
  /** Duration of each step of the cluster. */
  readonly pace: Duration.Duration
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

const startOf = ({ metadata: { labels, name }, spec }: KubePodObject, madeAt: number): Start => ({
  job: labels["job-name"] ?? "",
  pod: name,
  node: spec.nodeName ?? "",
  lane: labels["nominal-code/lane"] ?? "",
  madeAt,
  at: performance.now()
})

/** The kubelets of an emulated cluster, which run pods from the moment in which they are made. */
export const makeKubelets = (
  statuses: PodStatuses,
  scheduler: Scheduler,
  running: Map<string, RunningPod>,
  secrets: Secrets,
  { behave, bin, pace, sync }: KubeletOptions
) => {
  const starts: Array<Start> = []

  /** Reason in a pod's status why its container cannot start, if it cannot. */
  const obstacle = Effect.fnUntraced(function*(pod: KubePodObject, behaviour: PodBehaviour) {
    if (behaviour._tag === "Waiting") {
      // As a node does: the first try fails with one word, and the wait for the next has another.
      if (behaviour.reason === "ImagePullBackOff") {
        statuses.waiting(pod, "ErrImagePull", behaviour.message)
        yield* Effect.sleep(sync)
        statuses.waiting(pod, behaviour.reason, "Back-off pulling image")
      } else statuses.waiting(pod, behaviour.reason, behaviour.message)
      return true
    }
    const obstacles = [...pod.spec.initContainers ?? [], ...pod.spec.containers]
      .map((container) => prepare(container, pod.metadata.namespace, secrets))
      .flatMap((prepared) => "obstacle" in prepared ? [prepared.obstacle] : [])
    for (const obstacle of obstacles) statuses.waiting(pod, "CreateContainerConfigError", obstacle)
    return obstacles.length > 0
  })

  const run = Effect.fnUntraced(function*(pod: KubePodObject, behaviour: PodBehaviour, madeAt: number) {
    const record = startOf(pod, madeAt)
    starts.push(record)
    const started = startPod(pod, behaviour, secrets, bin)
    running.set(record.pod, started)
    const startedAt = timestamp()
    statuses.running(pod, startedAt)
    const end = yield* Deferred.await(started.ended)
    record.endedAt = performance.now()
    running.delete(record.pod)
    statuses.ended(pod, end, startedAt)
    if (statuses.isUnreachable(pod)) return yield* Effect.never
  })

  const life = Effect.fnUntraced(function*(pod: KubePodObject) {
    const behaviour = behave(pod) ?? { _tag: "Process" }
    const madeAt = performance.now()
    yield* Effect.sleep(pace)
    const bound = yield* scheduler.schedule(pod, behaviour)
    yield* Effect.gen(function*() {
      yield* Effect.sleep(pace)
      if (yield* obstacle(bound, behaviour)) return yield* Effect.never
      yield* run(bound, behaviour, madeAt)
    }).pipe(Effect.ensuring(scheduler.leave))
  })

  return { starts: starts as ReadonlyArray<Start>, life }
}
