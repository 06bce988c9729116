import { assert, it } from "@effect/vitest"
import { ask } from "@nominal-code/testing/KubeAsk"
import * as KubeEmulator from "@nominal-code/testing/KubeEmulator"
import type { PodBehaviour, PodEnd } from "@nominal-code/testing/KubePods"
import { replay } from "@nominal-code/testing/KubeReplays"
import type { KubeJobObject } from "@nominal-code/testing/KubeStore"
import { RecordedEvent, stream } from "@nominal-code/testing/KubeStream"
import { Duration, Effect, Schedule, Schema } from "effect"

/** A cluster whose second lasts 150 ms, and whose steps take next to nothing. */
const quick = {
  pace: Duration.millis(2),
  sync: Duration.millis(150),
  backoff: Duration.millis(1500),
  grace: Duration.seconds(10)
}

const shown = ({ object: { metadata, status }, type }: RecordedEvent): string => {
  const { active, completionTime, conditions = [], containerStatuses, failed, phase, ready, startTime, succeeded } =
    status
  const condition = (one: (typeof conditions)[number]) =>
    `${one.type}=${one.status}${one.reason === undefined ? "" : ` (${one.reason}: ${one.message?.trim() ?? ""})`}`
  const uncounted = status.uncountedTerminatedPods
  return JSON.stringify({
    type,
    generation: metadata.generation,
    grace: metadata.deletionGracePeriodSeconds,
    finalizers: metadata.finalizers,
    owned: metadata.ownerReferences?.length,
    started: startTime !== undefined,
    completed: completionTime !== undefined,
    phase,
    reason: status.reason,
    counts: { active, ready, failed, succeeded, terminating: status.terminating },
    uncounted: [uncounted?.failed?.length ?? 0, uncounted?.succeeded?.length ?? 0],
    conditions: conditions.map(condition).sort(),
    containers: containerStatuses?.map(({ ready, state }) => [
      ready,
      Object.entries(state).map(([kind, { exitCode, message, reason }]) => [kind, exitCode, reason, message?.trim()])
    ])
  })
}

/** Events of a watch of one kind, in order. */
const told = (events: ReadonlyArray<RecordedEvent>, kind: "Job" | "Pod"): ReadonlyArray<string> =>
  events.filter(({ object }) => object.kind === kind)
    .sort((one, other) => one.object.metadata.resourceVersion - other.object.metadata.resourceVersion)
    .map(shown)

/** The steps from the end of a pod to the end of its Job, in the order in which they were written. */
const landmarks = (events: ReadonlyArray<RecordedEvent>): ReadonlyArray<string> => {
  const found = [...events].sort((one, other) =>
    one.object.metadata.resourceVersion - other.object.metadata.resourceVersion
  ).flatMap(({ object: { kind, metadata, status }, type }) => {
    const holds = (status.conditions ?? []).filter(({ status }) => status === "True").map(({ type }) => type)
    return [
      ...(type === "DELETED" ? [`${kind} gone`] : []),
      ...(kind === "Pod" && /Failed|Succeeded/.test(status.phase ?? "") ? [`${metadata.name} ended`] : []),
      ...(kind === "Job" ? holds.filter((one) => /Target|Criteria|Failed|Complete/.test(one)) : [])
    ]
  })
  return [...new Set(found.map((one) => one.replace(/-[a-z0-9]{5} ended/, " ended")))]
}

/** Behaviour of the pods of a stream, and the interventions once their Job knows that they run. */
interface Replay {
  readonly pod?: (cluster: KubeEmulator.KubeEmulator, pod: number) => PodBehaviour
  readonly act?: (cluster: KubeEmulator.KubeEmulator, pod: string) => Effect.Effect<unknown>
}

const jobReady = (cluster: KubeEmulator.KubeEmulator, times = 1) =>
  Effect.callback<void>((resume) => {
    let left = times
    const see = (object: { readonly kind: string }) => {
      if (object.kind === "Job" && (object as KubeJobObject).status.ready === 1) left -= 1
      if (left === 0) resume(Effect.void)
    }
    for (const { object } of cluster.store.since(0)) see(object)
    const stop = cluster.store.listen(({ object }) => see(object))
    return Effect.sync(stop)
  })

const ends = (end: Partial<PodEnd> = {}): PodBehaviour => ({
  _tag: "Scripted",
  run: Effect.succeed({ exitCode: 0, reason: "Completed", ...end })
})
const endsWhenKnown = (cluster: KubeEmulator.KubeEmulator, times = 1): PodBehaviour => ({
  _tag: "Scripted",
  run: Effect.as(jobReady(cluster, times), { exitCode: 0, reason: "Completed" })
})
const runs = (stop: Duration.Input = 0): PodBehaviour => ({
  _tag: "Scripted",
  run: Effect.never,
  stop: Effect.sleep(stop)
})
const failure = { exitCode: 3, reason: "Error" }
const pressure = {
  exitCode: 137,
  reason: "Error",
  disrupted: true,
  pod: {
    reason: "Evicted",
    message: "The node was low on resource: memory. Threshold quantity: 100Mi, available: 60Mi. "
  }
}
const nowhere: PodBehaviour = { _tag: "Unschedulable", message: "0/3 nodes are available: 3 Insufficient cpu." }

const deleted = (policy: "Foreground" | "Background" | "Orphan"): Replay => ({
  pod: () => runs("300 millis"),
  act: (cluster) =>
    Effect.sync(() => {
      for (const job of cluster.store.jobs()) cluster.collector.end(job, policy)
    })
})

const replays: Readonly<Record<string, Replay>> = {
  success: { pod: (cluster) => endsWhenKnown(cluster) },
  "success-ttl": { pod: () => ends() },
  "backoff-limit-0": { pod: () => ends({ ...failure, message: "no such setting\n" }) },
  "backoff-limit-1": { pod: () => ends(failure) },
  deadline: { pod: () => runs("500 millis") },
  "deadline-no-pod-end": { pod: () => nowhere },
  oom: { act: (cluster, pod) => cluster.outOfMemory(pod) },
  killed: { act: (cluster, pod) => cluster.kill(pod) },
  "evicted-node-pressure": {
    pod: (cluster, pod) => pod === 0 ? runs() : endsWhenKnown(cluster, 2),
    act: (cluster, pod) => cluster.kill(pod, pressure)
  },
  "evicted-api": {
    pod: (cluster, pod) => pod === 0 ? runs() : endsWhenKnown(cluster, 2),
    act: (cluster, pod) => cluster.drain(pod)
  },
  "pod-deleted": { act: (cluster, pod) => cluster.deletePod(pod) },
  "deleted-foreground": deleted("Foreground"),
  "deleted-background": deleted("Background"),
  "deleted-orphan": deleted("Orphan"),
  "image-pull": { pod: () => ({ _tag: "Waiting", reason: "ImagePullBackOff", message: "not found" }) },
  unschedulable: { pod: () => nowhere }
}

const asTold = Schema.decodeUnknownSync(RecordedEvent)

const asRecorded = Effect.fnUntraced(function*(name: string, { act, pod }: Replay) {
  const recorded = stream(name)
  const pods: Array<string> = []
  const clusters: Array<KubeEmulator.KubeEmulator> = []
  const cluster = yield* KubeEmulator.make({
    ...quick,
    namespaces: { reviews: {} },
    behave: ({ metadata }) => {
      const [at] = clusters
      pods.push(metadata.name)
      return at === undefined ? undefined : pod?.(at, pods.length - 1) ?? runs()
    }
  })
  clusters.push(cluster)
  const { activeDeadlineSeconds, ttlSecondsAfterFinished, ...spec } = recorded.job.spec
  const soon = (seconds: unknown) => Number(seconds) < 10 ? 1 : seconds
  const { code } = yield* ask(cluster, {
    method: "POST",
    path: "/apis/batch/v1/namespaces/reviews/jobs",
    body: {
      ...recorded.job,
      spec: {
        ...spec,
        activeDeadlineSeconds: soon(activeDeadlineSeconds),
        ttlSecondsAfterFinished: soon(ttlSecondsAfterFinished)
      }
    }
  })
  assert.strictEqual(code, 201)
  if (act !== undefined) {
    yield* jobReady(cluster).pipe(Effect.timeout("30 seconds"))
    yield* act(cluster, pods[0] ?? "")
  }
  const seen = () =>
    cluster.store.since(0).map(({ object, type }) => ({ type, object })).filter(({ object }) => object.kind !== "Event")
      .map((event) => asTold(event))
  yield* Effect.sync(() => seen().length >= recorded.told.length).pipe(
    Effect.repeat({ until: (yes) => yes, schedule: Schedule.spaced("20 millis") }),
    Effect.timeoutOption("30 seconds")
  )
  // Nothing more is told.
  yield* Effect.sleep("400 millis")
  for (const kind of ["Job", "Pod"] as const) {
    assert.deepStrictEqual(told(seen(), kind), told(recorded.told, kind))
  }
  assert.deepStrictEqual(landmarks(seen()), landmarks(recorded.told))
  // The next pod comes about ten seconds after the last one, in a cluster whose second lasts 150 ms.
  const [first, second] = cluster.controller.starts
  const pause = (second?.at ?? Infinity) - (first?.endedAt ?? 0)
  assert.isAtLeast(pause, Duration.toMillis(quick.backoff) * 0.9)
})

replay(
  "streams",
  "the emulated Job controller and its node, held to recordings of real ones",
  Object.fromEntries(
    Object.entries(replays).map(([name, replay]) => [
      `stream-${name}`,
      () => it.live("is told to both watches as the real ones did", () => asRecorded(name, replay))
    ])
  )
)
