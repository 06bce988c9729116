import type { V1Container } from "@kubernetes/client-node"
import { type ContainerEnd, type RunningPod, startPod, stopPod } from "@nominal-code/testing/KubePods"
import { type KubePodObject, timestamp as now } from "@nominal-code/testing/KubeStore"
import { Deferred, Duration, Effect, FiberSet, Schedule, Schema } from "effect"
import type { KubeApi } from "./KubeApi.ts"

/** Time of a Job's pod between SIGTERM and SIGKILL. */
const grace = Duration.seconds(5)

const Line = Schema.fromJsonString(Schema.Struct({ type: Schema.String, object: Schema.Unknown }))

/** Of a pod, what is read before it is taken for one. */
const Pod = Schema.Struct({
  kind: Schema.Literal("Pod"),
  metadata: Schema.Struct({ uid: Schema.String, labels: Schema.Record(Schema.String, Schema.String) }),
  spec: Schema.Struct({ containers: Schema.Array(Schema.Unknown) })
})

const isPod = (object: unknown): object is KubePodObject => Schema.is(Pod)(object)

const SecretList = Schema.Struct({
  items: Schema.Array(Schema.Struct({
    metadata: Schema.Struct({ name: Schema.String }),
    data: Schema.optionalKey(Schema.Record(Schema.String, Schema.String))
  }))
})

const condition = (type: string, status: "True" | "False", reason?: string) => ({
  type,
  status,
  lastTransitionTime: now(),
  ...(reason === undefined ? {} : { reason })
})

const node = (name: string) => ({
  apiVersion: "v1",
  kind: "Node",
  metadata: { name, labels: { "kubernetes.io/hostname": name } }
})

const nodeStatus = () => ({
  status: {
    conditions: [{ ...condition("Ready", "True", "KubeletReady"), lastHeartbeatTime: now() }],
    capacity: { cpu: "64", memory: "256Gi", pods: "200" },
    allocatable: { cpu: "64", memory: "256Gi", pods: "200" }
  }
})

/**
 * A scheduler and the kubelet of one node at a time: it binds the pods of Jobs, plays their containers as processes of
 * this machine, and writes their status. It asks again until the API server takes what it says.
 */
export const make = Effect.fn("ProcessKubelet.make")(function*(api: KubeApi, namespace: string, bin: string) {
  const running = new Map<string, RunningPod>()
  const starts: Array<{ readonly pod: string; readonly job: string; readonly node: string }> = []
  const known = new Set<string>()
  const ending = new Set<string>()
  const lost = new Set<string>()
  let host = 1
  const fork = yield* FiberSet.makeRuntime<never>()
  yield* Effect.addFinalizer(() => Effect.sync(() => running.forEach((pod) => pod.kill())))

  const pods = `/api/v1/namespaces/${namespace}/pods`
  const again = Schedule.spaced("200 millis")
  const send = (...args: Parameters<KubeApi["send"]>) => Effect.retry(api.send(...args), again)
  const nodeName = () => `node-${host}`
  const secrets = send("GET", `/api/v1/namespaces/${namespace}/secrets`).pipe(
    Effect.flatMap(({ body }) => Schema.decodeUnknownEffect(SecretList)(body)),
    Effect.orDie,
    Effect.map(({ items }) =>
      new Map(items.map(({ data = {}, metadata: { name } }) => [
        name,
        Object.fromEntries(Object.entries(data).map(([key, value]) => [key, Buffer.from(value, "base64").toString()]))
      ]))
    )
  )

  const setStatus = ({ metadata: { name, uid } }: KubePodObject, status: object) =>
    lost.has(uid)
      ? Effect.void
      : send("PATCH", `${pods}/${name}/status`, { body: { status }, contentType: "application/merge-patch+json" })

  const statuses = (of: ReadonlyArray<V1Container>, state: object, ready: boolean) =>
    of.map(({ image = "", name }) => (
      { name, state, ready, started: ready, restartCount: 0, image, imageID: "", lastState: {} }
    ))

  const play = Effect.fnUntraced(function*(pod: KubePodObject) {
    const { labels, name } = pod.metadata
    yield* send("POST", `${pods}/${name}/binding`, {
      body: {
        apiVersion: "v1",
        kind: "Binding",
        metadata: { name },
        target: { apiVersion: "v1", kind: "Node", name: nodeName() }
      }
    })
    starts.push({ pod: name, job: labels["job-name"] ?? "", node: nodeName() })
    const started = startPod(pod, { _tag: "Process" }, yield* secrets, bin)
    running.set(name, started)
    const startedAt = now()
    yield* setStatus(pod, {
      phase: "Running",
      startTime: startedAt,
      conditions: ["PodScheduled", "Initialized", "ContainersReady", "Ready"].map((type) => condition(type, "True")),
      containerStatuses: statuses(pod.spec.containers, { running: { startedAt } }, true),
      initContainerStatuses: statuses(pod.spec.initContainers ?? [], { running: { startedAt } }, true)
    })
    const end = yield* Deferred.await(started.ended)
    const { exitCode } = end
    running.delete(name)
    const stateOf = ({ exitCode, message, reason }: ContainerEnd) => ({
      terminated: { exitCode, reason, startedAt, finishedAt: now(), ...(message === undefined ? {} : { message }) }
    })
    yield* setStatus(pod, {
      phase: exitCode === 0 ? "Succeeded" : "Failed",
      conditions: [
        ...["PodScheduled", "Initialized"].map((type) => condition(type, "True")),
        ...["ContainersReady", "Ready"].map((type) =>
          condition(type, "False", exitCode === 0 ? "PodCompleted" : "PodFailed")
        )
      ],
      containerStatuses: pod.spec.containers.flatMap((one) =>
        statuses([one], stateOf(end.containers?.[one.name] ?? end), false)
      ),
      // All that is left of them has ended with the others.
      initContainerStatuses: statuses(
        pod.spec.initContainers ?? [],
        stateOf({ exitCode: 0, reason: "Completed" }),
        false
      )
    })
  })

  const end = Effect.fnUntraced(function*(pod: KubePodObject) {
    const { name, uid } = pod.metadata
    const started = running.get(name)
    if (started !== undefined) yield* stopPod(started, grace)
    while (running.has(name)) yield* Effect.sleep("50 millis")
    yield* Effect.sleep("100 millis")
    yield* send("DELETE", `${pods}/${name}`, { body: { gracePeriodSeconds: 0, preconditions: { uid } } })
  })

  const seen = (pod: KubePodObject) => {
    const { deletionTimestamp, labels, uid } = pod.metadata
    if (labels["job-name"] === undefined || lost.has(uid)) return
    if (deletionTimestamp === undefined && !known.has(uid) && pod.status.phase === "Pending") {
      known.add(uid)
      fork(play(pod))
    }
    if (deletionTimestamp !== undefined && !ending.has(uid)) {
      ending.add(uid)
      fork(end(pod))
    }
  }

  const told = (line: string) => {
    const { object, type } = Schema.decodeSync(Line)(line)
    if (type !== "DELETED" && isPod(object)) seen(object)
  }
  const register = Effect.suspend(() => send("POST", "/api/v1/nodes", { body: node(nodeName()) }))
  const beat = Effect.suspend(() =>
    send("PATCH", `/api/v1/nodes/${nodeName()}/status`, {
      body: nodeStatus(),
      contentType: "application/merge-patch+json"
    })
  )
  yield* register
  yield* Effect.forkScoped(Effect.repeat(beat, Schedule.spaced("1 second")))
  yield* Effect.forkScoped(
    api.watch(`${pods}?watch=true&resourceVersion=0`, told).pipe(
      Effect.andThen(Effect.sleep("200 millis")),
      Effect.forever
    )
  )

  return {
    /** The pods that run now, by name. */
    running: running as ReadonlyMap<string, RunningPod>,
    /** Every start of a pod, in its order. */
    starts: starts as ReadonlyArray<{ readonly pod: string; readonly job: string; readonly node: string }>,
    /** Ends a pod's process without asking it. */
    kill: (pod: string) => Effect.sync(() => running.get(pod)?.kill()),
    /**
     * The node hangs: it is silent from now on, its processes stand still, and later pods get another. What it answers
     * lets its processes go on.
     */
    lose: Effect.gen(function*() {
      const { body } = yield* send("GET", pods)
      const { items } = yield* Effect.orDie(
        Schema.decodeUnknownEffect(
          Schema.Struct({ items: Schema.Array(Pod.mapFields(({ metadata }) => ({ metadata }))) })
        )(body)
      )
      for (const { metadata } of items) lost.add(metadata.uid)
      const hanging = [...running.values()]
      for (const pod of hanging) pod.freeze(true)
      host += 1
      yield* register
      return { comeBack: Effect.sync(() => hanging.forEach((pod) => pod.freeze(false))) }
    })
  }
})
