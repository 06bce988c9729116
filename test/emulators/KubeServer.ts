import type { V1Job } from "@kubernetes/client-node"
import { Duration, Effect } from "effect"
import type { IncomingMessage, Server, ServerResponse } from "node:http"
import type { Fault, GitHubFaults } from "./GitHubFaults.ts"
import type { KubeController } from "./KubeController.ts"
import { type KubeJobObject, type KubeObject, type KubeStore, newMetadata } from "./KubeStore.ts"
import { jobIn, type Refusal } from "./KubeValidation.ts"
import { type makeWatches, selects } from "./KubeWatches.ts"

/** What somebody may do: verbs by resource. */
export type Role = Readonly<Record<string, ReadonlyArray<string>>>

/** One request that the emulated API server has got. */
export interface KubeRequest {
  readonly verb: string
  readonly resource: string
  readonly name: string
  readonly status: number
}

export interface Cluster {
  readonly store: KubeStore
  readonly controller: KubeController
  readonly watches: ReturnType<typeof makeWatches>
  readonly faults: GitHubFaults
  /** Who may do what, by token. */
  readonly roles: ReadonlyMap<string, Role>
  readonly namespaces: ReadonlySet<string>
  readonly requests: Array<KubeRequest>
}

interface Answer {
  readonly code: number
  readonly body: unknown
  readonly headers?: Readonly<Record<string, string>>
}

const status = ({ code, message, reason }: Refusal, headers: Readonly<Record<string, string>> = {}): Answer => ({
  code,
  headers,
  body: { kind: "Status", apiVersion: "v1", metadata: {}, status: "Failure", message, reason, code }
})

const reasons: Readonly<Record<number, string>> = {
  401: "Unauthorized",
  403: "Forbidden",
  404: "NotFound",
  409: "AlreadyExists",
  422: "Invalid",
  429: "TooManyRequests",
  500: "InternalError",
  503: "ServiceUnavailable"
}

const pathOf =
  /^\/(?:apis\/(?<group>batch)\/v1|api\/v1)\/namespaces\/(?<namespace>[^/]+)\/(?<resource>[a-z]+)(?:\/(?<name>[^/]+))?$/

/** A request, as the API server understands it. */
interface Call {
  readonly verb: string
  readonly group: string
  readonly namespace: string
  readonly resource: string
  readonly name: string
  readonly query: URLSearchParams
  readonly body: unknown
}

const verbOf = (method: string, name: string, query: URLSearchParams): string => {
  if (method === "POST") return "create"
  if (method === "DELETE") return "delete"
  if (method !== "GET") return method.toLowerCase()
  return name !== "" ? "get" : query.get("watch") === "true" ? "watch" : "list"
}

const notFound = (call: Call): Answer =>
  status({
    code: 404,
    reason: "NotFound",
    message: call.name === ""
      ? "the server could not find the requested resource"
      : `${call.resource}${call.group === "" ? "" : `.${call.group}`} "${call.name}" not found`
  })

/** A Job as the server keeps it: with what it fills in by itself. */
const admitted = ({ metadata, spec }: V1Job, namespace: string): KubeJobObject => {
  const name = metadata?.name ?? ""
  const template = spec?.template ?? { spec: { containers: [] } }
  const meta = newMetadata({
    name,
    namespace,
    labels: metadata?.labels ?? {},
    annotations: metadata?.annotations ?? {}
  })
  return {
    apiVersion: "batch/v1",
    kind: "Job",
    metadata: meta,
    spec: {
      parallelism: 1,
      completions: 1,
      completionMode: "NonIndexed",
      suspend: false,
      selector: { matchLabels: { "batch.kubernetes.io/controller-uid": meta.uid } },
      ...spec,
      template
    },
    status: {}
  }
}

const makeCalls = ({ controller, namespaces, store }: Cluster) => {
  const create = (call: Call): Answer => {
    const { body, namespace } = call
    if (!namespaces.has(namespace)) {
      return status({ code: 404, reason: "NotFound", message: `namespaces "${namespace}" not found` })
    }
    const job = jobIn(body)
    if ("code" in job) return status(job)
    const name = job.metadata?.name ?? ""
    if ((job.metadata?.namespace ?? namespace) !== namespace) {
      const message = "the namespace of the provided object does not match the namespace sent on the request"
      return status({ code: 400, reason: "BadRequest", message })
    }
    const known = store.job(namespace, name)
    if (known !== undefined) {
      const deleting = known.metadata.deletionTimestamp === undefined ? "" : "object is being deleted: "
      return status({ code: 409, reason: "AlreadyExists", message: `${deleting}jobs.batch "${name}" already exists` })
    }
    const stored = store.put(admitted(job, namespace))
    controller.begin(stored)
    return { code: 201, body: stored }
  }

  const objects = ({ namespace, query, resource }: Call): ReadonlyArray<KubeObject> =>
    (resource === "jobs" ? store.jobs() : store.pods()).filter(({ metadata }) =>
      metadata.namespace === namespace && selects(query.get("labelSelector") ?? "", metadata.labels)
    )

  const list = (call: Call): Answer => ({
    code: 200,
    body: {
      kind: call.resource === "jobs" ? "JobList" : "PodList",
      apiVersion: call.resource === "jobs" ? "batch/v1" : "v1",
      metadata: { resourceVersion: String(store.version) },
      items: objects(call)
    }
  })

  const find = ({ name, namespace, resource }: Call) =>
    resource === "jobs" ? store.job(namespace, name) : store.pod(namespace, name)

  const remove = (call: Call): Answer => {
    const job = store.job(call.namespace, call.name)
    if (job === undefined) return notFound(call)
    return { code: 200, body: controller.end(job, call.query.get("propagationPolicy") ?? "Background") }
  }

  return (call: Call): Answer => {
    if (call.verb === "create" && call.resource === "jobs") return create(call)
    if (call.verb === "delete" && call.resource === "jobs") return remove(call)
    if (call.verb === "list") return list(call)
    const found = call.verb === "get" ? find(call) : undefined
    return found === undefined ? notFound(call) : { code: 200, body: found }
  }
}

const readBody = (request: IncomingMessage): Effect.Effect<unknown> =>
  Effect.callback<unknown>((resume) => {
    const chunks: Array<Buffer> = []
    request.on("data", (chunk: Buffer) => chunks.push(chunk))
    request.on("end", () => {
      const text = Buffer.concat(chunks).toString()
      try {
        resume(Effect.succeed(text === "" ? undefined : JSON.parse(text)))
      } catch {
        resume(Effect.succeed(text))
      }
    })
  })

const faulty = ({ headers, message, status: code }: Extract<Fault, { readonly _tag: "Answer" }>): Answer =>
  status({ code, reason: reasons[code] ?? "Unknown", message: message ?? "Injected fault" }, headers ?? {})

/** Answers one request after the rules of authentication, authorisation and the planned faults. */
const makeExchange = (cluster: Cluster) => {
  const { faults, requests, roles, watches } = cluster
  const answerCall = makeCalls(cluster)

  const forbidden = (call: Call, role: Role | undefined): Answer | undefined => {
    if (role === undefined) return status({ code: 401, reason: "Unauthorized", message: "Unauthorized" })
    if ((role[call.resource] ?? []).includes(call.verb)) return undefined
    const message = `${call.resource}${call.group === "" ? "" : `.${call.group}`} is forbidden: User ` +
      `"system:serviceaccount:${call.namespace}:nominal-code-server" cannot ${call.verb} resource "${call.resource}" in ` +
      `API group "${call.group}" in the namespace "${call.namespace}"`
    return status({ code: 403, reason: "Forbidden", message })
  }

  const watch = (call: Call, response: ServerResponse) =>
    watches.begin({
      kind: call.resource === "jobs" ? "Job" : "Pod",
      namespace: call.namespace,
      selector: call.query.get("labelSelector") ?? "",
      version: Number(call.query.get("resourceVersion") ?? 0),
      bookmarks: call.query.get("allowWatchBookmarks") === "true",
      seconds: Number(call.query.get("timeoutSeconds") ?? 1800)
    }, response)

  const write = (response: ServerResponse, { body, code, headers }: Answer) =>
    response.writeHead(code, { "content-type": "application/json", ...headers }).end(JSON.stringify(body))

  return Effect.fnUntraced(function*(request: IncomingMessage, response: ServerResponse) {
    const url = new URL(request.url ?? "/", "http://localhost")
    const method = request.method ?? "GET"
    const { group = "", name = "", namespace = "", resource = "" } = pathOf.exec(url.pathname)?.groups ?? {}
    const verb = verbOf(method, name, url.searchParams)
    const call: Call = {
      verb,
      group,
      namespace,
      resource,
      name,
      query: url.searchParams,
      body: yield* readBody(request)
    }
    const fault = faults.take(verb, url.pathname)
    const seen = (code: number) => requests.push({ verb, resource, name, status: code })
    if (fault?._tag === "Delay") yield* Effect.sleep(Duration.fromInputUnsafe(fault.by))
    if (fault?._tag === "Stall") return
    if (fault?._tag === "Drop") {
      seen(0)
      return request.socket.destroy()
    }
    const token = /^Bearer (.+)$/.exec(request.headers.authorization ?? "")?.[1] ?? ""
    const refusal = fault?._tag === "Answer" ? faulty(fault) : forbidden(call, roles.get(token))
    if (refusal === undefined && verb === "watch") {
      seen(200)
      return watch(call, response)
    }
    const answer = refusal ?? answerCall(call)
    if (fault?._tag === "CommitThenDrop") {
      seen(0)
      return request.socket.destroy()
    }
    const given = fault?._tag === "CommitThenAnswer"
      ? status({ code: fault.status, reason: reasons[fault.status] ?? "Unknown", message: "Injected fault" })
      : answer
    seen(given.code)
    return write(response, given)
  })
}

/** Answers the server's requests as a Kubernetes API server, on the machine's time. */
export const serveKubernetes = (server: Server, cluster: Cluster, signal: AbortSignal): void => {
  const exchange = makeExchange(cluster)
  server.on("request", (request, response) => {
    Effect.runFork(exchange(request, response), { signal })
  })
}
