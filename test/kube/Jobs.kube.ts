import { NodeServices } from "@effect/platform-node"
import { assert, layer } from "@effect/vitest"
import { command } from "@nominal-code/testing/Command"
import { submitReview } from "@nominal-code/testing/ScriptedModel"
import { Context, Effect, Layer, Option } from "effect"
import type { Resource } from "../deploy/KubernetesSchema.ts"
import { bot, eventually, stalled, until } from "../journeys/Journey.ts"
import { finding, open } from "../journeys/Shop.ts"
import type { StoredObject } from "./ControlPlane.ts"
import type { KubeApi } from "./KubeApi.ts"
import { harmless, policy, policyBinding, smallPods } from "./Obstacles.ts"
import { apply, jobsPath, make, namespace, pathOf, type RealCluster } from "./RealCluster.ts"

class Cluster extends Context.Service<Cluster, RealCluster>()("nominal-code/test/RealCluster") {}

const running = Layer.effect(Cluster, make(command)).pipe(Layer.provide(NodeServices.layer))

const opened = { event: "pull_request", action: "opened" } as const
const commented = { event: "issue_comment", action: "created" } as const

const review = (text: string) => ({ calls: [submitReview(text, [finding("src/total.ts", `${text} Cents are lost.`)])] })

const holds = (what: string, look: Effect.Effect<boolean>) =>
  eventually(what, Effect.map(look, (yes) => yes ? Option.some(true) : Option.none()), "2 minutes")

const quotas = `/api/v1/namespaces/${namespace}/resourcequotas`

/** Tells what etcd keeps of a review, and bounds it: the figures of docs/kubernetes.md. */
const tellSize = Effect.fnUntraced(function*({ plane }: RealCluster) {
  const kinds = yield* Effect.forEach(
    ["jobs", "pods", "events"],
    (kind) => Effect.map(plane.stored(`/registry/${kind}/${namespace}/`), (objects) => ({ kind, objects }))
  )
  const sum = (of: (one: StoredObject) => number) => ({ objects }: (typeof kinds)[number]) =>
    objects.reduce((total, one) => total + of(one), 0)
  const [bytes, writes] = [sum((one) => one.bytes), sum((one) => one.writes)]
  for (const one of kinds) {
    console.log(`etcd for one review, ${one.kind}: ${bytes(one)} bytes of ${one.objects.length}, ${writes(one)} writes`)
  }
  const all = (of: typeof bytes) => kinds.reduce((total, one) => total + of(one), 0)
  assert.isBelow(all(bytes), 40_000)
  assert.isBelow(all(writes), 20)
})

/** Creates an object that lets no pod of a Job in, until the scope closes. Waits until the API server holds to it. */
const obstacle = Effect.fnUntraced(function*(api: KubeApi, objects: ReadonlyArray<Resource>) {
  yield* Effect.addFinalizer(() =>
    Effect.forEach(objects, (one) => Effect.ignore(api.send("DELETE", pathOf(one))), { discard: true })
  )
  for (const one of objects) assert.isBelow((yield* apply(api, one)).code, 300, one.kind)
  const refused = api.send("POST", `/api/v1/namespaces/${namespace}/pods?dryRun=All`, { body: harmless })
  yield* holds(
    "pods to be refused",
    refused.pipe(Effect.map(({ code }) => code > 400), Effect.orElseSucceed(() => false))
  )
})

/** A quota that leaves no room for pods, once the API server holds to it. */
const full = Effect.fnUntraced(function*(api: KubeApi) {
  const { code } = yield* api.send("POST", quotas, {
    body: { apiVersion: "v1", kind: "ResourceQuota", metadata: { name: "few" }, spec: { hard: { pods: "0" } } }
  })
  assert.strictEqual(code, 201)
  const counted = Effect.map(api.send("GET", `${quotas}/few`), ({ body }) => JSON.stringify(body).includes("\"used\""))
  yield* holds("the quota to be counted", Effect.orElseSucceed(counted, () => false))
})

const freed = (api: KubeApi) => Effect.ignore(api.send("DELETE", `${quotas}/few`))

layer(running, { excludeTestServices: true, timeout: "5 minutes" })("on a real API server and Job controller", (it) => {
  const reviewed = ({ journey }: RealCluster, pull: Parameters<RealCluster["journey"]["written"]>[0]) =>
    journey.emulator.state.reviews.filter((one) => one.pull === pull).length

  it.effect("a pull request is reviewed in a Job, and the Job is complete", () =>
    Effect.gen(function*() {
      const cluster = yield* Cluster
      const serve = yield* cluster.journey.start()
      const { jobs, journey } = cluster
      const pull = yield* open(journey, "one")
      journey.script(pull, () => review("First."))
      const job = yield* journey.send({ ...opened, pull }, serve)
      yield* until("the review", () => reviewed(cluster, pull) === 1)
      yield* holds(
        "the Job's end",
        Effect.map(jobs(job), ([one]) => one?.status.conditions?.some(({ type }) => type === "Complete") === true)
      )
      assert.strictEqual((yield* cluster.server.send("GET", `/api/v1/namespaces/${namespace}/secrets`)).code, 403)
      yield* tellSize(cluster)
    }))

  it.effect("what people write reaches an isolated review byte for byte, whatever a kubelet would expand", () =>
    Effect.gen(function*() {
      const { jobs, journey } = yield* Cluster
      const serve = yield* journey.start({ K8S_ISOLATION: "strict" })
      const pull = yield* open(journey, "verbatim")
      journey.script(pull, () => review("Verbatim."))
      const text = "is $(ANTHROPIC_API_KEY) or $(GITHUB_TOKEN) worth $$5, $$(HOME) and $(NOT_THERE)?"
      const comment = yield* journey.emulator.comment(pull, "mara", `@${bot} ${text}`)
      const job = yield* journey.send({ ...commented, comment }, serve)
      yield* until("the answer", () => journey.emulator.jobs(pull).has(job))
      assert.include(journey.asked(pull).at(-1), text)
      yield* holds(
        "the Job's end",
        Effect.map(jobs(job), ([one]) => one?.status.conditions?.some(({ type }) => type === "Complete") === true)
      )
      assert.deepStrictEqual(journey.leaks(serve.log), [])
    }))

  it.effect("a pod that is killed is followed by the next run, and there is one review", () =>
    Effect.gen(function*() {
      const cluster = yield* Cluster
      const serve = yield* cluster.journey.start()
      const { journey, kubelet } = cluster
      const pull = yield* open(journey, "crash")
      const thinking = stalled(review("Never."))
      journey.script(pull, thinking.script)
      const job = yield* journey.send({ ...opened, pull }, serve)
      yield* thinking.asked
      journey.script(pull, () => review("Second."))
      const starts = () => kubelet.starts.filter(({ job: name }) => name.includes(job))
      yield* kubelet.kill(starts()[0]?.pod ?? "")
      yield* until("the review", () => reviewed(cluster, pull) === 1)
      assert.strictEqual(starts().length, 2)
    }))

  it.effect("a server that is killed leaves its Jobs, and the next one adopts them", () =>
    Effect.gen(function*() {
      const cluster = yield* Cluster
      const { journey, kubelet } = cluster
      const first = yield* journey.start()
      const pull = yield* open(journey, "adopted")
      const thinking = stalled(review("Once."))
      journey.script(pull, thinking.script)
      const job = yield* journey.send({ ...opened, pull }, first)
      yield* thinking.asked
      yield* first.stop("SIGKILL")
      const second = yield* journey.start()
      yield* thinking.release
      yield* until("the review", () => reviewed(cluster, pull) === 1)
      yield* second.stop("SIGTERM")
      assert.strictEqual(kubelet.starts.filter(({ job: name }) => name.includes(job)).length, 1)
    }))

  it.effect("a restart of the API server gives none of the reviews up that run, wait or come meanwhile", () =>
    Effect.gen(function*() {
      const cluster = yield* Cluster
      const serve = yield* cluster.journey.start()
      const { journey, plane } = cluster
      const pulls = yield* Effect.forEach(["r1", "r2", "r3", "r4"], (name) => open(journey, name))
      const thinking = pulls.slice(0, 2).map((pull) => {
        const one = stalled(review("Slow."))
        journey.script(pull, one.script)
        return one
      })
      for (const pull of pulls.slice(2)) journey.script(pull, () => review("Quick."))
      for (const pull of pulls.slice(0, 2)) yield* journey.send({ ...opened, pull }, serve)
      for (const { asked } of thinking) yield* asked
      const late = Effect.forEach(pulls.slice(2), (pull) => journey.send({ ...opened, pull }, serve))
      yield* plane.restart(Effect.andThen(Effect.ignore(late), Effect.sleep("5 seconds")))
      for (const { release } of thinking) yield* release
      yield* until("the reviews", () => pulls.every((pull) => reviewed(cluster, pull) === 1))
      assert.deepStrictEqual(serve.log.filter((line) => /given up/.test(line)), [])
    }))

  it.effect("a quota without room for pods is told of, gives nothing up, and the review comes when there is room", () =>
    Effect.gen(function*() {
      const cluster = yield* Cluster
      const serve = yield* cluster.journey.start()
      const { api, journey } = cluster
      yield* full(api)
      const pull = yield* open(journey, "full")
      journey.script(pull, () => review("At last."))
      yield* journey.send({ ...opened, pull }, serve)
      yield* until("the reason in the log", () => serve.log.some((line) => line.includes("exceeded quota: few")))
      assert.deepStrictEqual(journey.written(pull), [])
      yield* freed(api)
      yield* holds("the review", Effect.sync(() => reviewed(cluster, pull) === 1))
    }).pipe(Effect.ensuring(Effect.flatMap(Cluster, ({ api }) => freed(api)))))

  it.effect("a LimitRange or an admission policy that lets no pod in is told of in its own words, and gives nothing up", () =>
    Effect.gen(function*() {
      const cluster = yield* Cluster
      const serve = yield* cluster.journey.start()
      const { api, journey } = cluster
      const refusedFor = Effect.fnUntraced(function*(name: string, objects: ReadonlyArray<Resource>, reason: RegExp) {
        yield* obstacle(api, objects)
        const pull = yield* open(journey, name)
        journey.script(pull, () => review("At last."))
        const job = yield* journey.send({ ...opened, pull }, serve)
        yield* until(`the reason of ${job}`, () => serve.log.some((line) => line.includes(job) && reason.test(line)))
        assert.deepStrictEqual(journey.written(pull), [])
        return pull
      }, Effect.scoped)
      // One after the other: while one holds the cluster's breaker open, no Job is created for the next.
      const limited = yield* refusedFor("limited", [smallPods], /maximum cpu usage per Container is 100m/)
      yield* holds("the limited review", Effect.sync(() => reviewed(cluster, limited) === 1))
      const policed = yield* refusedFor("policed", [policy, policyBinding], /no reviews during the freeze/)
      yield* holds("the policed review", Effect.sync(() => reviewed(cluster, policed) === 1))
    }))

  it.effect("a Job waits in its queue until it is let in, is taken out and let in again, and uses one run", () =>
    Effect.gen(function*() {
      const cluster = yield* Cluster
      const { api, jobs, journey, kubelet } = cluster
      const serve = yield* journey.start({ K8S_QUEUE: "reviews" })
      const pull = yield* open(journey, "suspended")
      const thinking = stalled(review("Never."))
      journey.script(pull, thinking.script)
      const job = yield* journey.send({ ...opened, pull }, serve)
      const suspended = Effect.map(
        jobs(job),
        ([one]) =>
          one?.status.conditions?.some(({ status, type }) => type === "Suspended" && status === "True") === true
      )
      // What Kueue does.
      const suspend = Effect.fnUntraced(function*(suspend: boolean) {
        const [one] = yield* jobs(job)
        yield* api.send("PATCH", `${jobsPath}/${one?.metadata.name}`, {
          body: { spec: { suspend } },
          contentType: "application/merge-patch+json"
        })
      })
      const starts = () => kubelet.starts.filter(({ job: name }) => name.includes(job))
      yield* holds("the Job to be suspended", suspended)
      yield* Effect.sleep("8 seconds")
      assert.deepStrictEqual([starts().length, journey.written(pull).length], [0, 0])
      yield* suspend(false)
      yield* thinking.asked
      yield* suspend(true)
      yield* holds("its pod's end", Effect.map(suspended, (yes) => yes && kubelet.running.size === 0))
      journey.script(pull, () => review("Resumed."))
      yield* Effect.sleep("8 seconds")
      assert.deepStrictEqual(journey.written(pull), [])
      yield* suspend(false)
      yield* holds("the review", Effect.sync(() => reviewed(cluster, pull) === 1))
      assert.deepStrictEqual([...new Set(starts().map(({ job: name }) => name.slice(-2)))], ["-1"])
    }))

  it.effect("a review that takes too long is ended with its pod, and the next run reviews", () =>
    Effect.gen(function*() {
      const cluster = yield* Cluster
      const { jobs, journey, kubelet } = cluster
      const serve = yield* journey.start({ K8S_ACTIVE_DEADLINE_SECONDS: "8" })
      const pull = yield* open(journey, "late")
      // The model answers each time, and never comes to an end. A silent one would be an outage, and end earlier.
      let runs = 0
      journey.script(pull, ({ turn }) => {
        if (turn === 0) runs += 1
        return runs > 1
          ? review("In time.")
          : { calls: [{ name: "Read", input: { file_path: "src/total.ts" } }], latency: 1_500 }
      })
      const job = yield* journey.send({ ...opened, pull }, serve)
      yield* holds("the review", Effect.sync(() => reviewed(cluster, pull) === 1))
      const [first] = yield* jobs(`${job}-1`)
      assert.strictEqual(first?.status.conditions?.find(({ type }) => type === "Failed")?.reason, "DeadlineExceeded")
      assert.isTrue(serve.log.some((line) => line.includes(job) && line.includes("deadline")), serve.log.join("\n"))
      assert.strictEqual(kubelet.starts.filter(({ job: name }) => name.includes(job)).length, 2)
    }))

  it.effect("the pod of a lost node blocks its pull request no longer than its deadline, and posts nothing later", () =>
    Effect.gen(function*() {
      const cluster = yield* Cluster
      const { journey, kubelet, pods } = cluster
      const serve = yield* journey.start({ K8S_ACTIVE_DEADLINE_SECONDS: "15" })
      const pull = yield* open(journey, "lost")
      const thinking = stalled(review("From the other side."))
      journey.script(pull, thinking.script)
      const job = yield* journey.send({ ...opened, pull }, serve)
      yield* thinking.asked
      const [pod] = yield* pods(job)
      journey.script(pull, () => review("From another node."))
      const { comeBack } = yield* kubelet.lose
      yield* holds("the review", Effect.sync(() => reviewed(cluster, pull) === 1))
      // It is still there, and goes on now.
      assert.isTrue((yield* pods(job)).some(({ metadata }) => metadata.name === pod?.metadata.name))
      yield* thinking.release
      yield* comeBack
      yield* holds("the end of the lost process", Effect.sync(() => !kubelet.running.has(pod?.metadata.name ?? "")))
      assert.strictEqual(reviewed(cluster, pull), 1)
      const named = serve.log.some((line) => line.includes(pod?.metadata.name ?? "?") && line.includes("node-1"))
      assert.isTrue(named, serve.log.filter((line) => line.includes(job)).join("\n"))
    }))
})
