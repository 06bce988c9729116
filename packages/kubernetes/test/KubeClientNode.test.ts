import { NodeServices } from "@effect/platform-node"
import { assert, it } from "@effect/vitest"
import { KubeClient } from "@nominal-code/kubernetes/KubeClient"
import * as KubeClientNode from "@nominal-code/kubernetes/KubeClientNode"
import * as Manifest from "@nominal-code/kubernetes/Manifest"
import { everyKubeJob, kubeJobName } from "@nominal-code/kubernetes/Names"
import { laneOf, mention } from "@nominal-code/testing/Jobs"
import * as KubeEmulator from "@nominal-code/testing/KubeEmulator"
import { type KubeEventObject, newMetadata, timestamp } from "@nominal-code/testing/KubeStore"
import { redisAt } from "@nominal-code/testing/TestConfig"
import { Context, Duration, Effect, Layer, Option, Schedule, Stream } from "effect"
import { FileSystem } from "effect"
import { does, kubernetes } from "./KubeScene.ts"

const job = mention(laneOf(1), "a")
const manifest = Manifest.make(
  { kubernetes, redis: redisAt("redis://redis:6379/0") },
  { job, run: 1, payload: "{}" }
)

const connected = Effect.fnUntraced(function*(options: Partial<KubeEmulator.Options> = {}) {
  const cluster = yield* KubeEmulator.make({ behave: () => does(Effect.never), ...options })
  const context = yield* Layer.build(
    KubeClientNode.layer({ namespace: kubernetes.namespace, kubeconfig: cluster.kubeconfig })
  )
  return { cluster, client: Context.get(context, KubeClient) }
})

it.live("a Job is created, found, listed, watched and deleted", () =>
  Effect.gen(function*() {
    const { client } = yield* connected()
    const before = yield* client.jobs.list(everyKubeJob, false)
    assert.deepStrictEqual(before.items, [])
    const created = yield* client.createJob(manifest)
    assert.strictEqual(created.name, kubeJobName(job, 1))
    assert.deepStrictEqual(created.labels, manifest.metadata?.labels)
    assert.isTrue(Option.isSome(yield* client.findJob(created.name)))
    const watched = client.jobs.watch(everyKubeJob, before.version)
    const [opened, seen] = yield* watched.pipe(Stream.take(2), Stream.runCollect)
    assert.strictEqual(opened?._tag, "Opened")
    assert.strictEqual(seen?._tag === "Changed" ? seen.item.name : "", created.name)
    yield* client.deleteJob(created.name)
    const gone = yield* watched.pipe(
      Stream.filter(({ _tag }) => _tag === "Removed"),
      Stream.take(1),
      Stream.runCollect
    )
    assert.strictEqual(gone.length, 1)
    assert.isTrue(Option.isNone(yield* client.findJob(created.name)))
    yield* client.deleteJob(created.name)
  }))

it.live("how long ago a Job was deleted is told by the API server's own clock", () =>
  Effect.gen(function*() {
    const { client, cluster } = yield* connected()
    const { name } = yield* client.createJob(manifest)
    assert.isTrue(Option.isNone(yield* client.endingFor(name)))
    yield* Effect.repeat(Effect.sync(() => cluster.controller.running.size), {
      schedule: Schedule.spaced("10 millis"),
      until: (size) => size === 1
    })
    // Nobody on its node hears of the deletion, so the Job stays.
    yield* cluster.loseNode
    yield* client.deleteJob(name)
    const [before] = yield* Effect.repeat(Effect.map(client.endingFor(name), Option.toArray), {
      schedule: Schedule.spaced("200 millis"),
      until: ([since]) => since !== undefined && Duration.isGreaterThan(since, Duration.zero)
    })
    assert.isTrue(before !== undefined && Duration.isLessThan(before, Duration.minutes(1)))
    assert.isTrue(Option.isNone(yield* client.endingFor("another")))
  }))

it.live("what goes wrong is told apart, in the server's own words", () =>
  Effect.gen(function*() {
    const { client, cluster } = yield* connected()
    yield* client.createJob(manifest)
    const reasonOf = <A>(effect: Effect.Effect<A, { readonly reason: string; readonly detail: string }>) =>
      Effect.map(Effect.flip(effect), ({ detail, reason }) => [reason, detail] as const)
    assert.deepStrictEqual(yield* reasonOf(client.createJob(manifest)), [
      "exists",
      `jobs.batch "${kubeJobName(job, 1)}" already exists`
    ])
    cluster.store.compact()
    assert.strictEqual((yield* reasonOf(Stream.runDrain(client.jobs.watch(everyKubeJob, "1"))))[0], "expired")
    for (const [status, reason] of [[403, "forbidden"], [422, "refused"], [500, "busy"]] as const) {
      cluster.faults.next({ method: "list", path: /jobs$/ }, { _tag: "Answer", status, message: "no" })
      assert.deepStrictEqual(yield* reasonOf(client.jobs.list(everyKubeJob, false)), [reason, "no"])
    }
    cluster.faults.next({ method: "list", path: /jobs$/ }, { _tag: "Answer", status: 429 })
    assert.deepStrictEqual(yield* reasonOf(client.jobs.list(everyKubeJob, false)), [
      "busy",
      "the API server answered 429"
    ])
    cluster.faults.next({ method: "list", path: /jobs$/ }, { _tag: "Drop" })
    const [reason, detail] = yield* reasonOf(client.jobs.list(everyKubeJob, false))
    assert.strictEqual(reason, "unreachable")
    assert.match(detail, /^the API server cannot be reached: /)
  }))

it.live("a 429 says how long to stay away", () =>
  Effect.gen(function*() {
    const { client, cluster } = yield* connected()
    const headers = { "retry-after": "7" }
    cluster.faults.next({ method: "list", path: /jobs$/ }, { _tag: "Answer", status: 429, headers })
    assert.deepStrictEqual((yield* Effect.flip(client.jobs.list(everyKubeJob, false))).retryAfter, Duration.seconds(7))
  }))

it.live("a watch that is forbidden says why", () =>
  Effect.gen(function*() {
    const { client } = yield* connected({ role: { jobs: ["list"] } })
    const error = yield* Effect.flip(Stream.runDrain(client.jobs.watch(everyKubeJob, "1")))
    assert.match(error.message, /^Kubernetes: watch Jobs: jobs\.batch is forbidden/)
    assert.strictEqual(error.reason, "forbidden")
  }))

it.live("a kubeconfig that is not one is told in one line", () =>
  Effect.gen(function*() {
    const fs = yield* FileSystem.FileSystem
    const file = yield* fs.makeTempFileScoped()
    yield* fs.writeFileString(file, "clusters: [")
    const error = yield* Effect.flip(
      Layer.build(KubeClientNode.layer({ namespace: kubernetes.namespace, kubeconfig: file }))
    )
    assert.match(error.message, /^the kubeconfig cannot be read: /)
  }).pipe(Effect.scoped, Effect.provide(NodeServices.layer)))

/** Adds an event about an object. */
const addEvent = (
  { namespace, store }: Effect.Success<ReturnType<typeof connected>>["cluster"],
  [kind, type, reason, message]: readonly [string, KubeEventObject["type"], string, string]
) =>
  store.put<KubeEventObject>({
    apiVersion: "v1",
    kind: "Event",
    metadata: newMetadata({ name: `one.${kind}.${reason}`, namespace }),
    involvedObject: { kind, namespace, name: "one", uid: "" },
    type,
    reason,
    message,
    count: 1,
    source: { component: "kubelet" },
    firstTimestamp: timestamp(),
    lastTimestamp: timestamp()
  })

it.live("of a pod the warnings are not those of a Job of its name, nor those of volumes that are there by now", () =>
  Effect.gen(function*() {
    const { client, cluster } = yield* connected()
    const missing = "configmap \"company-ca\" not found"
    addEvent(cluster, ["Job", "Warning", "FailedCreate", "no quota is left"])
    addEvent(cluster, ["Pod", "Normal", "Scheduled", "assigned to node-3"])
    addEvent(cluster, ["Pod", "Warning", "FailedMount", missing])
    assert.deepStrictEqual(yield* client.warningsOf("one"), ["no quota is left"])
    assert.deepStrictEqual(yield* client.warningsOf("one", "Pod"), [missing])
    addEvent(cluster, ["Pod", "Normal", "Pulling", "pulling the image"])
    addEvent(cluster, ["Pod", "Warning", "Failed", "the image is not there"])
    assert.deepStrictEqual(yield* client.warningsOf("one"), ["no quota is left"])
    assert.deepStrictEqual(yield* client.warningsOf("one", "Pod"), ["the image is not there"])
  }))
