import { Deferred, Duration, Effect, type Fiber, Semaphore } from "effect"
import { randomBytes } from "node:crypto"
import { prepare, type Secrets } from "./KubeEnvironment.ts"
import { type Behaviour, type PodEnd, type RunningPod, startPod, stopPod } from "./KubePods.ts"
import {
  type Condition,
  type ContainerState,
  type KubeJobObject,
  type KubePodObject,
  type KubeStore,
  newMetadata,
  timestamp
} from "./KubeStore.ts"
import { violations } from "./PodSecurity.ts"

/** How fast the emulated cluster is, and what its pods do. */
export interface ClusterOptions {
  /** What a pod does; its process unless told. */
  readonly behave: (pod: KubePodObject) => Behaviour | undefined
  /** The program that the image's `nominal-code` is; its sources unless told. */
  readonly bin: string
  /** How many pods have a place at the same time; the others wait for one. */
  readonly places: number
  /** What the cluster takes for each of its steps. */
  readonly pace: Duration.Duration
  /** What a pod is given between SIGTERM and SIGKILL. */
  readonly grace: Duration.Duration
  /** What a failed pod's successor waits for. */
  readonly backoff: Duration.Duration
}

/** One start of a pod. Times are milliseconds of the machine. */
interface Start {
  readonly job: string
  readonly pod: string
  /** Whom it works for. */
  readonly lane: string
  readonly at: number
  endedAt?: number
}

const condition = (type: string, reason: string, message: string, status: "True" | "False" = "True"): Condition => ({
  type,
  status,
  reason,
  message,
  lastTransitionTime: timestamp()
})

const owners = ({ metadata: { name, uid } }: KubeJobObject) => [
  { apiVersion: "batch/v1", kind: "Job", name, uid, controller: true, blockOwnerDeletion: true }
]

/** What the Job controller and the nodes of an emulated cluster do with Jobs. */
export const makeController = (store: KubeStore, secrets: Secrets, options: ClusterOptions) => {
  const { backoff, behave, bin, grace, pace, places } = options
  const lives = new Map<string, Fiber.Fiber<void>>()
  const running = new Map<string, RunningPod>()
  /** Jobs whose deadline has passed: how their pods end says nothing any more. */
  const expired = new Set<string>()
  const refused: Array<string> = []
  const nodes = Semaphore.makeUnsafe(places)
  const starts: Array<Start> = []

  const current = ({ metadata: { name, namespace, uid } }: KubeJobObject): KubeJobObject | undefined => {
    const job = store.job(namespace, name)
    return job?.metadata.uid === uid ? job : undefined
  }
  const setJob = (of: KubeJobObject, status: KubeJobObject["status"]) => {
    const job = current(of)
    if (job !== undefined) store.put({ ...job, status: { ...job.status, ...status } })
  }
  const setPod = ({ metadata: { name, namespace } }: KubePodObject, status: KubePodObject["status"]) => {
    const pod = store.pod(namespace, name)
    if (pod !== undefined) store.put({ ...pod, status: { ...pod.status, ...status } })
  }
  const containers = (pod: KubePodObject, state: ContainerState) =>
    pod.spec.containers.map(({ name }) => ({ name, state }))
  const waitingPod = (pod: KubePodObject, reason: string, message: string) =>
    setPod(pod, { phase: "Pending", containerStatuses: containers(pod, { waiting: { reason, message } }) })

  const addPod = (job: KubeJobObject): KubePodObject => {
    const { metadata: { labels = {}, annotations = {} } = {}, spec = { containers: [] } } = job.spec.template
    const { name, namespace, uid } = job.metadata
    return store.put<KubePodObject>({
      apiVersion: "v1",
      kind: "Pod",
      metadata: newMetadata({
        name: `${name}-${randomBytes(3).toString("hex").slice(0, 5)}`,
        namespace,
        labels: {
          ...labels,
          "batch.kubernetes.io/job-name": name,
          "job-name": name,
          "batch.kubernetes.io/controller-uid": uid
        },
        annotations,
        ownerReferences: owners(job)
      }),
      spec: { terminationGracePeriodSeconds: 30, ...spec },
      status: { phase: "Pending" }
    })
  }

  /** Why a pod cannot start, as its status would say it. */
  const obstacle = (pod: KubePodObject, behaviour: Behaviour): Effect.Effect<boolean> => {
    if (behaviour._tag === "Unschedulable") {
      return Effect.sync(() => {
        setPod(pod, {
          phase: "Pending",
          conditions: [condition("PodScheduled", "Unschedulable", behaviour.message, "False")]
        })
        return true
      })
    }
    if (behaviour._tag === "Waiting") {
      return Effect.gen(function*() {
        // As a node does: the first try fails with one word, and the wait for the next has another.
        if (behaviour.reason === "ImagePullBackOff") {
          waitingPod(pod, "ErrImagePull", behaviour.message)
          yield* Effect.sleep(pace)
        }
        waitingPod(pod, behaviour.reason, behaviour.message)
        return true
      })
    }
    return Effect.sync(() => {
      const obstacles = pod.spec.containers
        .map((container) => prepare(container, pod.metadata.namespace, secrets))
        .flatMap((prepared) => "obstacle" in prepared ? [prepared.obstacle] : [])
      for (const obstacle of obstacles) waitingPod(pod, "CreateContainerConfigError", obstacle)
      return obstacles.length > 0
    })
  }

  const onNode = Effect.fnUntraced(function*(job: KubeJobObject, pod: KubePodObject, behaviour: Behaviour) {
    const record: Start = {
      job: job.metadata.name,
      pod: pod.metadata.name,
      lane: pod.metadata.labels["nominal-code/lane"] ?? "",
      at: performance.now()
    }
    starts.push(record)
    const started = startPod(pod, behaviour, secrets, bin)
    running.set(pod.metadata.name, started)
    setPod(pod, { phase: "Running", containerStatuses: containers(pod, { running: { startedAt: timestamp() } }) })
    setJob(job, { ready: 1 })
    void Deferred.await(started.ended).pipe(
      Effect.map(() => {
        record.endedAt = performance.now()
        running.delete(pod.metadata.name)
      }),
      Effect.runFork
    )
    const end = yield* Deferred.await(started.ended)
    const { exitCode, message, reason } = end
    setPod(pod, {
      phase: exitCode === 0 ? "Succeeded" : "Failed",
      ...end.pod,
      ...(end.disrupted === true
        ? {
          conditions: [
            condition("DisruptionTarget", end.pod?.reason ?? "EvictionByEvictionAPI", end.pod?.message ?? "")
          ]
        }
        : {}),
      containerStatuses: containers(pod, {
        terminated: { exitCode, reason, ...(message === undefined ? {} : { message }) }
      })
    })
    return end
  })

  /** One pod, to its end. One that cannot start waits for ever. */
  const runPod = Effect.fnUntraced(function*(job: KubeJobObject, pod: KubePodObject) {
    const behaviour = behave(pod) ?? { _tag: "Process" }
    yield* Effect.sleep(pace)
    if (yield* obstacle(pod, behaviour)) return yield* Effect.never
    return yield* nodes.withPermits(1)(onNode(job, pod, behaviour))
  })

  const finish = (job: KubeJobObject, conditions: ReadonlyArray<Condition>, counts: KubeJobObject["status"]) =>
    Effect.sync(() => setJob(job, { active: 0, ready: 0, ...counts, conditions }))

  const ignores = ({ spec }: KubeJobObject, { disrupted }: PodEnd): boolean =>
    disrupted === true &&
    (spec.podFailurePolicy?.rules ?? []).some(({ action, onPodConditions }) =>
      action === "Ignore" && (onPodConditions ?? []).some(({ type }) => type === "DisruptionTarget")
    )

  /** Pods one after the other, until one succeeds or too many have failed. */
  const pods = Effect.fnUntraced(function*(job: KubeJobObject) {
    for (let failures = 0; failures <= (job.spec.backoffLimit ?? 6);) {
      setJob(job, { active: 1, ready: 0, failed: failures })
      const end = yield* runPod(job, addPod(job))
      yield* Effect.sleep(pace)
      if (expired.has(job.metadata.uid)) return yield* Effect.never
      if (end.exitCode === 0) {
        return yield* finish(job, [
          condition("SuccessCriteriaMet", "CompletionsReached", "Reached expected number of succeeded pods"),
          condition("Complete", "CompletionsReached", "Reached expected number of succeeded pods")
        ], { succeeded: 1, completionTime: timestamp() })
      }
      if (ignores(job, end)) continue
      failures += 1
      if (failures <= (job.spec.backoffLimit ?? 6)) yield* Effect.sleep(backoff)
    }
    const why = ["BackoffLimitExceeded", "Job has reached the specified backoff limit"] as const
    return yield* finish(job, [condition("FailureTarget", ...why), condition("Failed", ...why)], {
      failed: (job.spec.backoffLimit ?? 6) + 1
    })
  })

  const stopPods = (job: KubeJobObject) =>
    Effect.forEach(
      store.podsOf(job),
      (pod) => {
        const started = running.get(pod.metadata.name)
        return started === undefined ? Effect.void : stopPod(started, grace)
      },
      { concurrency: "unbounded", discard: true }
    )

  const deadline = Effect.fnUntraced(function*(job: KubeJobObject) {
    yield* Effect.sleep(Duration.seconds(job.spec.activeDeadlineSeconds ?? 1e9))
    const why = ["DeadlineExceeded", "Job was active longer than specified deadline"] as const
    expired.add(job.metadata.uid)
    setJob(job, { conditions: [condition("FailureTarget", ...why)] })
    yield* stopPods(job)
    yield* Effect.sleep(pace)
    yield* finish(job, [condition("FailureTarget", ...why), condition("Failed", ...why)], { failed: 1 })
  })

  const removeAll = (job: KubeJobObject) =>
    Effect.sync(() => {
      const last = current(job)
      for (const pod of store.podsOf(job)) store.remove(pod)
      if (last !== undefined) store.remove(last)
    })

  const life = Effect.fnUntraced(function*(job: KubeJobObject) {
    const { name, namespace } = job.metadata
    const forbidden = job.spec.template.spec === undefined ? [] : violations(job.spec.template.spec)
    yield* Effect.sleep(pace)
    setJob(job, { startTime: timestamp() })
    if (forbidden.length > 0) {
      refused.push(`${namespace}/${name}: violates PodSecurity "restricted:latest": ${forbidden.join(", ")}`)
      return
    }
    yield* Effect.raceFirst(pods(job), deadline(job))
    yield* Effect.sleep(Duration.seconds(job.spec.ttlSecondsAfterFinished ?? 1e9))
    yield* removeAll(job)
  })

  return {
    /** Every start of a pod, with the lane that it works for, in the order of the starts. */
    starts: starts as ReadonlyArray<Start>,
    /** The pods that run now, by name. */
    running: running as ReadonlyMap<string, RunningPod>,
    /** Pods that the namespace's Pod Security level did not let in. */
    refused: refused as ReadonlyArray<string>,
    begin: (job: KubeJobObject): void => {
      lives.set(job.metadata.uid, Effect.runFork(life(job)))
    },
    /** Deletes a Job: with `Foreground` it is there until its pods are gone, else they go on ending after it. */
    end: (job: KubeJobObject, policy: string): KubeJobObject => {
      const marked = store.put({
        ...job,
        metadata: {
          ...job.metadata,
          deletionTimestamp: job.metadata.deletionTimestamp ?? timestamp(),
          ...(policy === "Foreground" ? { finalizers: ["foregroundDeletion"] } : {})
        }
      })
      lives.get(job.metadata.uid)?.interruptUnsafe()
      if (policy !== "Foreground") store.remove(marked)
      Effect.runFork(Effect.delay(Effect.andThen(stopPods(job), removeAll(job)), pace))
      return marked
    },
    /** Ends everything at once. */
    close: (): void => {
      for (const fiber of lives.values()) fiber.interruptUnsafe()
      for (const pod of running.values()) pod.kill()
    }
  }
}

/** The controller of an emulated cluster. */
export type KubeController = ReturnType<typeof makeController>
