import { Duration, Effect } from "effect"
import { randomBytes } from "node:crypto"
import { mkdtempSync, rmSync, writeFileSync } from "node:fs"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { command } from "./Command.ts"
import { GitHubFaults } from "./GitHubFaults.ts"
import { listenScoped } from "./GitHubServer.ts"
import type { Namespace } from "./KubeAdmission.ts"
import { makeCollector } from "./KubeCollector.ts"
import { condition, withConditions } from "./KubeConditions.ts"
import { type ControllerOptions, JobController } from "./KubeController.ts"
import { makeNodes, type NodeOptions } from "./KubeNode.ts"
import { type PodEnd, stopPod } from "./KubePods.ts"
import { graceOf } from "./KubePodStatus.ts"
import { type KubeRequest, type Role, serveKubernetes, type ServerState } from "./KubeServer.ts"
import { type KubeEvent, type KubePodObject, KubeStore } from "./KubeStore.ts"
import { makeWatches } from "./KubeWatches.ts"

export interface Options extends ControllerOptions, NodeOptions {
  readonly namespace: string
  /** Namespaces beside the server's own, by name, or its own with other rules. */
  readonly namespaces: Readonly<Record<string, Namespace>>
  /** Permissions of the server's token. */
  readonly role: Role
  /** Owner of the token, as refusals name it; by default, the server's ServiceAccount. */
  readonly user: string
  readonly bookmarkEvery: Duration.Duration
}

/** Permissions of the server's Role, and those to see why a pod does not start. */
const fullRole: Role = {
  jobs: ["create", "get", "list", "watch", "delete"],
  pods: ["get", "list", "watch"],
  events: ["list"],
  resourcequotas: ["list"]
}

/** The times of a real cluster, faster by a factor. */
const timings = (factor: number) => ({
  pace: Duration.millis(50 / factor),
  sync: Duration.millis(1000 / factor),
  backoff: Duration.millis(10_000 / factor),
  bookmarkEvery: Duration.millis(60_000 / factor)
})

const defaults: Omit<Options, "user"> = {
  namespace: "reviews",
  namespaces: {},
  role: fullRole,
  behave: () => undefined,
  bin: command,
  places: 10_000,
  grace: Duration.seconds(5),
  ...timings(50)
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
  const named = { ...defaults, ...given }
  const options: Options = {
    user: `system:serviceaccount:${named.namespace}:nominal-code-server`,
    ...named
  }
  const directory = yield* temporary
  const { origin, server } = yield* listenScoped
  const token = randomBytes(16).toString("hex")
  const file = join(directory, "kubeconfig")
  writeFileSync(file, kubeconfig(origin, token, options.namespace))
  const store = new KubeStore()
  const secrets = new Map<string, Readonly<Record<string, string>>>()
  const namespaces = new Map<string, Namespace>(
    Object.entries({ [options.namespace]: { restricted: true }, ...options.namespaces })
  )
  const nodes = makeNodes(store, secrets, options)
  const collector = makeCollector(store, options.pace, graceOf)
  const controller = new JobController(store, options, namespaces, graceOf)
  yield* Effect.addFinalizer(() => Effect.sync(() => [controller, collector, nodes].forEach((each) => each.close())))
  const watches = makeWatches(store, options.bookmarkEvery)
  const faults = new GitHubFaults()
  const requests: Array<KubeRequest> = []
  const roles = new Map([[token, options.role]])
  let state: ServerState = "up"
  serveKubernetes(
    server,
    { store, collector, watches, faults, requests, roles, user: options.user, namespaces, state: () => state },
    yield* Effect.abortSignal
  )

  const kill = (pod: string, as?: Partial<PodEnd>) => Effect.sync(() => nodes.running.get(pod)?.kill(as))
  const deletePod = (name: string) =>
    Effect.sync(() => {
      const pod = store.pod(options.namespace, name)
      if (pod !== undefined) store.delete(pod, graceOf(pod))
    })

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
    collector,
    controller: {
      starts: nodes.starts,
      running: nodes.running,
      end: collector.end,
      /** Pods that its namespaces did not admit, as events told it. */
      get refused(): ReadonlyArray<string> {
        return store.events().map(({ involvedObject, message }) => `${involvedObject.name}: ${message}`)
      }
    },
    /** Admission rules of the namespaces: a quota may be set, and taken away. */
    namespaces,
    watches,
    happens,
    /** The end of a running pod without a signal that it could hear; with `as`, for a reason of its own. */
    kill,
    /** Memory ran out. */
    outOfMemory: (pod: string) => kill(pod, { exitCode: 137, reason: "OOMKilled" }),
    /** Its node needs the room: the pod is asked to end first. */
    evict: (pod: string) => {
      const running = nodes.running.get(pod)
      const why = { reason: "Evicted", message: "The node was low on resource: memory." }
      return running === undefined ? Effect.void : stopPod(running, options.grace, { pod: why, disrupted: true })
    },
    /** Somebody deletes a pod. */
    deletePod,
    /** Its node is emptied: the pod is deleted by the Eviction API. */
    drain: (name: string) =>
      Effect.suspend(() => {
        const pod = store.pod(options.namespace, name)
        const evicted = condition("DisruptionTarget", "EvictionByEvictionAPI", "Eviction API: evicting")
        if (pod !== undefined) {
          const conditions = withConditions(pod.status.conditions, evicted)
          store.put({ ...pod, status: { ...pod.status, conditions } })
        }
        return deletePod(name)
      }),
    /** The node that runs the pods is cut off. They go on, and nobody hears of them. */
    loseNode: Effect.sync(nodes.lose),
    /** Suspends a Job, or resumes it, as Kueue does. */
    suspend: (name: string, suspend: boolean) =>
      Effect.sync(() => {
        const job = store.job(options.namespace, name)
        if (job === undefined) return
        const generation = job.metadata.generation + 1
        store.put({ ...job, metadata: { ...job.metadata, generation }, spec: { ...job.spec, suspend } })
      }),
    /** The API server restarts: it is away, and then tells everybody for a while that they may do nothing. */
    restart: Effect.fnUntraced(function*(away: Duration.Input, starting: Duration.Input) {
      state = "down"
      watches.cut()
      yield* Effect.sleep(away)
      state = "starting"
      yield* Effect.sleep(starting)
      state = "up"
    }),
    /** The pods of one Job, as they are now. */
    podsOf: (job: string): ReadonlyArray<KubePodObject> =>
      store.pods().filter(({ metadata }) => metadata.labels["job-name"] === job)
  }
})

/** A running emulated cluster. */
export type KubeEmulator = Effect.Success<ReturnType<typeof make>>
