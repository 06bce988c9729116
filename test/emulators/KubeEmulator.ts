import { Duration, Effect } from "effect"
import { randomBytes } from "node:crypto"
import { mkdtempSync, rmSync, writeFileSync } from "node:fs"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { GitHubFaults } from "./GitHubFaults.ts"
import { listenScoped } from "./GitHubServer.ts"
import { type ClusterOptions, makeController } from "./KubeController.ts"
import { type PodEnd, sources, stopPod } from "./KubePods.ts"
import { type KubeRequest, type Role, serveKubernetes } from "./KubeServer.ts"
import { type KubeEvent, type KubePodObject, KubeStore } from "./KubeStore.ts"
import { makeWatches } from "./KubeWatches.ts"

export interface Options extends ClusterOptions {
  readonly namespace: string
  /** What the server's token may do. */
  readonly role: Role
  readonly bookmarkEvery: Duration.Duration
}

/** What the server's Role grants, and what it takes to see why a pod does not start. */
const fullRole: Role = {
  jobs: ["create", "get", "list", "watch", "delete"],
  pods: ["get", "list", "watch"]
}

const defaults: Options = {
  namespace: "reviews",
  role: fullRole,
  behave: () => undefined,
  bin: sources,
  places: 10_000,
  pace: Duration.millis(20),
  grace: Duration.seconds(5),
  backoff: Duration.millis(100),
  bookmarkEvery: Duration.seconds(1)
}

const temporary = Effect.acquireRelease(
  Effect.sync(() => mkdtempSync(join(tmpdir(), "emulated-kubernetes-"))),
  (directory) => Effect.sync(() => rmSync(directory, { recursive: true, force: true, maxRetries: 3 }))
)

const kubeconfig = (server: string, token: string, namespace: string): string =>
  JSON.stringify({
    apiVersion: "v1",
    kind: "Config",
    "current-context": "emulated",
    clusters: [{ name: "emulated", cluster: { server, "insecure-skip-tls-verify": true } }],
    users: [{ name: "server", user: { token } }],
    contexts: [{ name: "emulated", context: { cluster: "emulated", user: "server", namespace } }]
  })

/**
 * An emulated Kubernetes cluster on the loopback: an API server for Jobs and their pods, the Job controller, and a node
 * that runs each container as a process of this machine. What the real one would refuse is refused in its words. It is
 * gone with the scope, and its pods with it.
 */
export const make = Effect.fn("KubeEmulator.make")(function*(given: Partial<Options> = {}) {
  const options = { ...defaults, ...given }
  const directory = yield* temporary
  const { origin, server } = yield* listenScoped
  const token = randomBytes(16).toString("hex")
  const file = join(directory, "kubeconfig")
  writeFileSync(file, kubeconfig(origin, token, options.namespace))
  const store = new KubeStore()
  const secrets = new Map<string, Readonly<Record<string, string>>>()
  const controller = makeController(store, secrets, options)
  yield* Effect.addFinalizer(() => Effect.sync(controller.close))
  const watches = makeWatches(store, options.bookmarkEvery)
  const faults = new GitHubFaults()
  const requests: Array<KubeRequest> = []
  const roles = new Map([[token, options.role]])
  serveKubernetes(
    server,
    { store, controller, watches, faults, requests, roles, namespaces: new Set([options.namespace]) },
    yield* Effect.abortSignal
  )

  const kill = (pod: string, as?: Partial<PodEnd>) => Effect.sync(() => controller.running.get(pod)?.kill(as))

  /** The next event that passes; those of the past count too. */
  const happens = (test: (event: KubeEvent) => boolean) =>
    Effect.callback<KubeEvent>((resume) => {
      const past = store.since(0).find(test)
      if (past !== undefined) return resume(Effect.succeed(past))
      const stop = store.listen((event) => {
        if (test(event)) {
          stop()
          resume(Effect.succeed(event))
        }
      })
      return Effect.sync(stop)
    })

  return {
    url: origin,
    /** The path of a kubeconfig for the server: what goes into `KUBECONFIG`. */
    kubeconfig: file,
    namespace: options.namespace,
    store,
    secrets,
    /** By verb (`create`, `watch`) and path. */
    faults,
    requests: requests as ReadonlyArray<KubeRequest>,
    controller,
    watches,
    happens,
    /** The end of a running pod without a signal that it could hear; with `as`, for a reason of its own. */
    kill,
    /** Memory ran out. */
    outOfMemory: (pod: string) => kill(pod, { exitCode: 137, reason: "OOMKilled" }),
    /** Its node needs the room: the pod is asked to end first. */
    evict: (pod: string) => {
      const running = controller.running.get(pod)
      const why = { reason: "Evicted", message: "The node was low on resource: memory." }
      return running === undefined ? Effect.void : stopPod(running, options.grace, { pod: why, disrupted: true })
    },
    /** The pods of one Job, as they are now. */
    podsOf: (job: string): ReadonlyArray<KubePodObject> =>
      store.pods().filter(({ metadata }) => metadata.labels["job-name"] === job)
  }
})

/** A running emulated cluster. */
export type KubeEmulator = Effect.Success<ReturnType<typeof make>>
