import { assert, describe, it } from "@effect/vitest"
import * as KubeAsk from "@nominal-code/testing/KubeAsk"
import * as KubeEmulator from "@nominal-code/testing/KubeEmulator"
import { Effect, Fiber, Schedule } from "effect"
import { TestClock } from "effect/testing"

const container = {
  name: "review",
  image: "an-image",
  args: ["run-job"],
  securityContext: { allowPrivilegeEscalation: false, capabilities: { drop: ["ALL"] } }
}

const pod = {
  restartPolicy: "Never",
  securityContext: { runAsNonRoot: true, seccompProfile: { type: "RuntimeDefault" } },
  containers: [container]
}

const jobOf = (name: string, spec: object = {}, podSpec: object = pod, labels: object = {}) => ({
  apiVersion: "batch/v1",
  kind: "Job",
  metadata: { name, labels },
  spec: { backoffLimit: 0, ...spec, template: { spec: podSpec } }
})

const jobsPath = "/apis/batch/v1/namespaces/reviews/jobs"

const ask = (cluster: KubeEmulator.KubeEmulator, method: string, path: string, body?: object, token?: string) =>
  Effect.map(
    KubeAsk.ask(cluster, { method, path, ...(body === undefined ? {} : { body }) }, token),
    ({ body, code }) => ({ status: code, json: body })
  )

/** The lines of a watch, until it ends or the test has seen enough. */
const watched = (
  cluster: KubeEmulator.KubeEmulator,
  query: string,
  enough: (lines: ReadonlyArray<string>) => boolean
) =>
  Effect.callback<ReadonlyArray<{ type: string; object: { metadata: { name: string }; code?: number } }>>((resume) => {
    const lines: Array<string> = []
    const done = () => resume(Effect.succeed(lines.map((line) => JSON.parse(line))))
    const url = `${cluster.url}${jobsPath}?watch=true&allowWatchBookmarks=true&${query}`
    fetch(url, { headers: { authorization: `Bearer ${KubeAsk.tokenOf(cluster)}` } }).then((response) => {
      const reader = response.body?.pipeThrough(new TextDecoderStream()).getReader()
      const next = (): void =>
        void reader?.read().then(({ done: ended, value = "" }) => {
          lines.push(...value.split("\n").filter((line) => line !== ""))
          return ended || enough(lines) ? done() : next()
        }, done)
      next()
    }, done)
  })

const until = (holds: () => boolean) =>
  Effect.sync(holds).pipe(
    Effect.repeat({ until: (yes) => yes, schedule: Schedule.spaced("10 millis") }),
    Effect.timeout("30 seconds")
  )

const never = { behave: () => ({ _tag: "Scripted" as const, run: Effect.never }) }
const quick = {
  behave: () => ({ _tag: "Scripted" as const, run: Effect.succeed({ exitCode: 0, reason: "Completed" }) })
}

describe("the emulated API server", () => {
  it.live("asks who it is, and what they may", () =>
    Effect.gen(function*() {
      const cluster = yield* KubeEmulator.make({ ...never, role: { jobs: ["list"] } })
      assert.strictEqual((yield* ask(cluster, "GET", jobsPath, undefined, "nobody")).status, 401)
      assert.strictEqual((yield* ask(cluster, "GET", jobsPath)).status, 200)
      const answer = yield* ask(cluster, "POST", jobsPath, jobOf("a"))
      assert.deepStrictEqual([answer.status, answer.json.reason], [403, "Forbidden"])
    }))

  it.live("creates a name once, and knows it until it is deleted", () =>
    Effect.gen(function*() {
      const cluster = yield* KubeEmulator.make(never)
      assert.strictEqual((yield* ask(cluster, "POST", jobsPath, jobOf("a"))).status, 201)
      const again = yield* ask(cluster, "POST", jobsPath, jobOf("a"))
      assert.deepStrictEqual([again.status, again.json.reason], [409, "AlreadyExists"])
      yield* ask(cluster, "DELETE", `${jobsPath}/a?propagationPolicy=Background`)
      assert.strictEqual((yield* ask(cluster, "GET", `${jobsPath}/a`)).status, 404)
    }))

  it.live("tells a watch what happened since its version to what it selects, and ends it when its time is up", () =>
    Effect.gen(function*() {
      const cluster = yield* KubeEmulator.make(never)
      const { json } = yield* ask(cluster, "GET", jobsPath)
      yield* ask(cluster, "POST", jobsPath, jobOf("a", {}, pod, { x: "y" }))
      yield* ask(cluster, "POST", jobsPath, jobOf("b"))
      const query = `resourceVersion=${json.metadata.resourceVersion}&labelSelector=x%3Dy&timeoutSeconds=1`
      const lines = yield* watched(cluster, query, () => false)
      assert.strictEqual(lines[0]?.type, "ADDED")
      assert.deepStrictEqual([...new Set(lines.map(({ object }) => object.metadata.name))], ["a"])
    }))

  it.effect("cuts its watches when it restarts, answers nobody, and then tells everybody that they may do nothing", () =>
    Effect.gen(function*() {
      const cluster = yield* KubeEmulator.make(never)
      const watching = yield* Effect.forkScoped(watched(cluster, "timeoutSeconds=60", () => false))
      yield* TestClock.withLive(until(() => cluster.watches.open() === 1))
      yield* Effect.forkScoped(cluster.restart("2 seconds", "3 seconds"))
      yield* Fiber.join(watching)
      const headers = { authorization: `Bearer ${KubeAsk.tokenOf(cluster)}` }
      const answer = Effect.tryPromise(() => fetch(`${cluster.url}${jobsPath}`, { headers })).pipe(
        Effect.map(({ status }) => status),
        Effect.orElseSucceed(() => "cut")
      )
      assert.strictEqual(yield* answer, "cut")
      yield* TestClock.adjust("2 seconds")
      assert.strictEqual(yield* answer, 403)
      yield* TestClock.adjust("3 seconds")
      assert.strictEqual(yield* answer, 200)
    }))
})

describe("the emulated cluster", () => {
  const ended = (cluster: KubeEmulator.KubeEmulator, type: string) =>
    cluster.happens(({ object }) =>
      object.kind === "Job" && (object.status.conditions ?? []).some((condition) => condition.type === type)
    ).pipe(Effect.timeout("30 seconds"))

  it.live("ends a Job at its deadline, and forgets a finished one after its time", () =>
    Effect.gen(function*() {
      const slow = yield* KubeEmulator.make(never)
      yield* ask(slow, "POST", jobsPath, jobOf("a", { activeDeadlineSeconds: 1 }))
      yield* ended(slow, "Failed")
      assert.strictEqual(slow.store.jobs()[0]?.status.conditions?.at(-1)?.reason, "DeadlineExceeded")
      const fast = yield* KubeEmulator.make(quick)
      yield* ask(fast, "POST", jobsPath, jobOf("a", { ttlSecondsAfterFinished: 0 }))
      yield* fast.happens(({ type }) => type === "DELETED").pipe(Effect.timeout("30 seconds"))
    }))

  it.live("keeps a Job that is deleted in the foreground until its pods are gone", () =>
    Effect.gen(function*() {
      const slow = { _tag: "Scripted" as const, run: Effect.never, stop: Effect.sleep("300 millis") }
      const cluster = yield* KubeEmulator.make({ behave: () => slow })
      yield* ask(cluster, "POST", jobsPath, jobOf("a"))
      yield* cluster.happens(({ object }) => object.kind === "Pod" && object.status.phase === "Running")
      const { json } = yield* ask(cluster, "DELETE", `${jobsPath}/a?propagationPolicy=Foreground`)
      assert.isString(json.metadata.deletionTimestamp)
      assert.strictEqual(cluster.store.jobs().length, 1)
      yield* cluster.happens(({ object, type }) => object.kind === "Job" && type === "DELETED").pipe(
        Effect.timeout("30 seconds")
      )
      assert.deepStrictEqual(cluster.store.pods(), [])
    }))

  it.live("lets no pod in that the restricted profile forbids", () =>
    Effect.gen(function*() {
      const cluster = yield* KubeEmulator.make(quick)
      yield* ask(
        cluster,
        "POST",
        jobsPath,
        jobOf("a", {}, { restartPolicy: "Never", containers: [{ name: "x", image: "y" }] })
      )
      yield* until(() => cluster.controller.refused.length > 0)
      assert.match(
        cluster.controller.refused.join(),
        /allowPrivilegeEscalation != false .*runAsNonRoot != true .*seccompProfile/
      )
      assert.deepStrictEqual(cluster.store.pods(), [])
    }))

  const active = ({ store }: KubeEmulator.KubeEmulator) => store.jobs()[0]?.status.active ?? 0
  const says = ({ store }: KubeEmulator.KubeEmulator, type: string) =>
    store.jobs()[0]?.status.conditions?.find((condition) => condition.type === type)?.status

  it.live("gives a suspended Job no pod until it is resumed, and takes its pods when it is suspended again", () =>
    Effect.gen(function*() {
      const cluster = yield* KubeEmulator.make(never)
      yield* ask(cluster, "POST", jobsPath, jobOf("a", { suspend: true, activeDeadlineSeconds: 1 }))
      yield* until(() => says(cluster, "Suspended") === "True")
      // Its deadline does not run while it is suspended.
      yield* Effect.sleep("1200 millis")
      assert.deepStrictEqual([cluster.store.pods(), cluster.store.jobs()[0]?.status.startTime], [[], undefined])
      yield* cluster.suspend("a", false)
      yield* until(() => active(cluster) === 1)
      assert.strictEqual(says(cluster, "Suspended"), "False")
      yield* cluster.suspend("a", true)
      yield* until(() => says(cluster, "Suspended") === "True" && cluster.store.pods().length === 0)
      assert.strictEqual(active(cluster), 0)
    }))

  it.live("keeps the pods of a lost node whatever is done to them, and gives those that come later another node", () =>
    Effect.gen(function*() {
      const cluster = yield* KubeEmulator.make(never)
      yield* ask(cluster, "POST", jobsPath, jobOf("a", { activeDeadlineSeconds: 1 }))
      yield* until(() => cluster.controller.running.size === 1)
      yield* cluster.loseNode
      yield* until(() => says(cluster, "FailureTarget") === "True")
      yield* Effect.sleep("300 millis")
      assert.isUndefined(says(cluster, "Failed"))
      const [lost] = cluster.store.pods()
      assert.deepStrictEqual([lost?.status.phase, lost?.spec.nodeName], ["Running", "node-1"])
      assert.isString(lost?.metadata.deletionTimestamp)
      assert.strictEqual(cluster.controller.running.size, 1)
      yield* ask(cluster, "POST", jobsPath, jobOf("b"))
      yield* until(() => cluster.controller.starts.length === 2)
      assert.strictEqual(cluster.controller.starts[1]?.node, "node-2")
    }))

  it.live("adds the pods of a Job as soon as its namespace's quota lets them in", () =>
    Effect.gen(function*() {
      const cluster = yield* KubeEmulator.make({
        ...never,
        namespaces: { reviews: { quota: { name: "few", pods: 0 } } }
      })
      yield* ask(cluster, "POST", jobsPath, jobOf("a"))
      yield* until(() => cluster.controller.refused.length > 1)
      assert.deepStrictEqual([cluster.store.pods(), active(cluster)], [[], 0])
      cluster.namespaces.set("reviews", {})
      yield* until(() => active(cluster) === 1)
    }))

  it.live("says of a pod that no node has room for it, until there is some", () =>
    Effect.gen(function*() {
      const cluster = yield* KubeEmulator.make({ ...never, places: 1 })
      yield* ask(cluster, "POST", jobsPath, jobOf("a"))
      yield* until(() => cluster.controller.running.size === 1)
      yield* ask(cluster, "POST", jobsPath, jobOf("b"))
      const second = () => cluster.podsOf("b")[0]?.status.conditions?.[0]
      yield* until(() => second()?.status === "False")
      assert.match(second()?.message ?? "", /Too many pods/)
      yield* ask(cluster, "DELETE", `${jobsPath}/a?propagationPolicy=Foreground`)
      yield* until(() => cluster.controller.running.has(cluster.podsOf("b")[0]?.metadata.name ?? ""))
      assert.strictEqual(second()?.status, "True")
    }))

  it.live("gives a container its variables and its Secrets' entries, and nothing else", () =>
    Effect.gen(function*() {
      // A program that writes down its environment, in the place of ours.
      const cluster = yield* KubeEmulator.make({ bin: new URL("./KubePrintEnv.ts", import.meta.url).pathname })
      cluster.secrets.set("keys", { KEY: "from the Secret", BOTH: "from the Secret" })
      const spec = {
        ...pod,
        containers: [{
          ...container,
          terminationMessagePolicy: "FallbackToLogsOnError",
          env: [
            { name: "BOTH", value: "its own" },
            { name: "HOME", value: "/home/nominal" },
            { name: "SENTENCE", value: "$(KEY), $(BOTH), $(NOBODY), $$(KEY), 5 $" },
            { name: "ONE", valueFrom: { secretKeyRef: { name: "keys", key: "KEY" } } },
            { name: "NONE", valueFrom: { secretKeyRef: { name: "keys", key: "none", optional: true } } }
          ],
          envFrom: [{ secretRef: { name: "keys" } }],
          volumeMounts: [{ name: "home", mountPath: "/home/nominal" }]
        }],
        volumes: [{ name: "home", emptyDir: {} }]
      }
      yield* ask(cluster, "POST", jobsPath, jobOf("a", {}, spec))
      yield* ended(cluster, "Failed")
      const message = cluster.store.pods()[0]?.status.containerStatuses?.[0]?.state.terminated?.message ?? "{}"
      const { HOME, PATH, ...rest } = JSON.parse(message)
      assert.deepStrictEqual(rest, {
        KEY: "from the Secret",
        BOTH: "its own",
        SENTENCE: "from the Secret, its own, $(NOBODY), $(KEY), 5 $",
        ONE: "from the Secret"
      })
      assert.match(HOME, /emulated-pod-.*\/home$/)
      assert.isString(PATH)
    }))
})
