import { assert, describe, it } from "@effect/vitest"
import { Duration, Effect } from "effect"
import { readFileSync } from "node:fs"
import * as KubeEmulator from "./KubeEmulator.ts"

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

const tokenOf = ({ kubeconfig }: KubeEmulator.KubeEmulator): string =>
  JSON.parse(readFileSync(kubeconfig, "utf8")).users[0].user.token

const jobsPath = "/apis/batch/v1/namespaces/reviews/jobs"

/** One request as a client sends it. */
const ask = (
  cluster: KubeEmulator.KubeEmulator,
  method: string,
  path: string,
  body?: unknown,
  token = tokenOf(cluster)
) =>
  Effect.promise(() =>
    fetch(`${cluster.url}${path}`, {
      method,
      headers: { authorization: `Bearer ${token}` },
      ...(body === undefined ? {} : { body: JSON.stringify(body) })
    }).then((response) => response.text().then((text) => ({ status: response.status, json: JSON.parse(text) })))
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
    fetch(url, { headers: { authorization: `Bearer ${tokenOf(cluster)}` } }).then((response) => {
      const reader = response.body?.pipeThrough(new TextDecoderStream()).getReader()
      const next = (): void =>
        void reader?.read().then(({ done: ended, value = "" }) => {
          lines.push(...value.split("\n").filter((line) => line !== ""))
          return ended || enough(lines) ? done() : next()
        })
      next()
    }, done)
  })

const never = { behave: () => ({ _tag: "Scripted" as const, run: Effect.never }) }
const quick = {
  behave: () => ({ _tag: "Scripted" as const, run: Effect.succeed({ exitCode: 0, reason: "Completed" }) })
}

/** What is sent, and what is answered. */
const refusals: ReadonlyArray<readonly [title: string, body: object, status: number, message: RegExp]> = [
  ["a field that Kubernetes does not know", jobOf("a", { retries: 3 }), 400, /unknown field "spec\.retries"/],
  ["a value of another type", jobOf("a", { backoffLimit: "3" }), 400, /cannot be handled as a Job/],
  ["a name with upper case", jobOf("A"), 422, /metadata\.name: Invalid value: "A"/],
  ["a name that is no label", jobOf("a".repeat(64)), 422, /must be no more than 63 bytes/],
  ["a label that is too long", jobOf("a", {}, pod, { x: "y".repeat(64) }), 422, /metadata\.labels/],
  [
    "a container without an image",
    jobOf("a", {}, { ...pod, containers: [{ name: "x" }] }),
    422,
    /image: Required value/
  ],
  ["a pod that starts again by itself", jobOf("a", {}, { ...pod, restartPolicy: "Always" }), 422, /restartPolicy/],
  [
    "a request above its limit",
    jobOf("a", {}, {
      ...pod,
      containers: [{ ...container, resources: { requests: { memory: "2Gi" }, limits: { memory: "1Gi" } } }]
    }),
    422,
    /must be less than or equal to memory limit/
  ],
  [
    "a mount of what is not there",
    jobOf("a", {}, { ...pod, containers: [{ ...container, volumeMounts: [{ name: "x", mountPath: "/x" }] }] }),
    422,
    /volumeMounts: Not found: "x"/
  ]
]

describe("the emulated API server", () => {
  it.live.each(refusals)("refuses %s", ([, body, status, message]) =>
    Effect.gen(function*() {
      const cluster = yield* KubeEmulator.make(never)
      const answer = yield* ask(cluster, "POST", jobsPath, body)
      assert.strictEqual(answer.status, status)
      assert.match(answer.json.message, message)
      assert.deepStrictEqual(cluster.store.jobs(), [])
    }))

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
      yield* ask(cluster, "DELETE", `${jobsPath}/a`)
      assert.strictEqual((yield* ask(cluster, "GET", `${jobsPath}/a`)).status, 404)
    }))

  it.live("tells a watch what happened since its version, with bookmarks, and ends it when its time is up", () =>
    Effect.gen(function*() {
      const cluster = yield* KubeEmulator.make({ ...never, bookmarkEvery: Duration.millis(300) })
      const { json } = yield* ask(cluster, "GET", jobsPath)
      yield* ask(cluster, "POST", jobsPath, jobOf("a", {}, pod, { x: "y" }))
      yield* ask(cluster, "POST", jobsPath, jobOf("b"))
      const query = `resourceVersion=${json.metadata.resourceVersion}&labelSelector=x%3Dy&timeoutSeconds=1`
      const lines = yield* watched(cluster, query, () => false)
      assert.strictEqual(lines[0]?.type, "ADDED")
      assert.isTrue(lines.some(({ type }) => type === "BOOKMARK"))
      const names = lines.filter(({ type }) => type !== "BOOKMARK").map(({ object }) => object.metadata.name)
      assert.deepStrictEqual([...new Set(names)], ["a"])
    }))

  it.live("tells a watch that has missed too much to list anew", () =>
    Effect.gen(function*() {
      const cluster = yield* KubeEmulator.make(never)
      yield* ask(cluster, "POST", jobsPath, jobOf("a"))
      cluster.store.compact()
      const [line] = yield* watched(cluster, "resourceVersion=1", () => true)
      assert.deepStrictEqual([line?.type, line?.object.code], ["ERROR", 410])
    }))
})

describe("the emulated cluster", () => {
  const ended = (cluster: KubeEmulator.KubeEmulator, type: string) =>
    cluster.happens(({ object }) =>
      object.kind === "Job" && (object.status.conditions ?? []).some((condition) => condition.type === type)
    ).pipe(Effect.timeout("10 seconds"))

  it.live("ends a Job at its deadline, and forgets a finished one after its time", () =>
    Effect.gen(function*() {
      const slow = yield* KubeEmulator.make(never)
      yield* ask(slow, "POST", jobsPath, jobOf("a", { activeDeadlineSeconds: 1 }))
      yield* ended(slow, "Failed")
      assert.strictEqual(slow.store.jobs()[0]?.status.conditions?.at(-1)?.reason, "DeadlineExceeded")
      const fast = yield* KubeEmulator.make(quick)
      yield* ask(fast, "POST", jobsPath, jobOf("a", { ttlSecondsAfterFinished: 0 }))
      yield* fast.happens(({ type }) => type === "DELETED").pipe(Effect.timeout("5 seconds"))
    }))

  it.live("keeps a Job that is deleted in the foreground until its pods are gone", () =>
    Effect.gen(function*() {
      const cluster = yield* KubeEmulator.make(never)
      yield* ask(cluster, "POST", jobsPath, jobOf("a"))
      yield* cluster.happens(({ object }) => object.kind === "Pod" && object.status.phase === "Running")
      const { json } = yield* ask(cluster, "DELETE", `${jobsPath}/a?propagationPolicy=Foreground`)
      assert.isString(json.metadata.deletionTimestamp)
      assert.strictEqual(cluster.store.jobs().length, 1)
      yield* cluster.happens(({ object, type }) => object.kind === "Job" && type === "DELETED").pipe(
        Effect.timeout("5 seconds")
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
      yield* Effect.sleep("200 millis")
      assert.match(
        cluster.controller.refused.join(),
        /allowPrivilegeEscalation != false .*runAsNonRoot != true .*seccompProfile/
      )
      assert.deepStrictEqual(cluster.store.pods(), [])
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
