import { Duration, Effect, Option } from "effect"
import type { IncomingMessage, Server, ServerResponse } from "node:http"
import type { Fault, GitHubFaults } from "./GitHubFaults.ts"
import { accessReview, quotasOf } from "./KubeAccess.ts"
import { type Namespace, refusedJob, warnedOf } from "./KubeAdmission.ts"
import type { makeCollector, PropagationPolicy } from "./KubeCollector.ts"
import { withDefaults } from "./KubeDefaults.ts"
import { type Refusal, tooLarge } from "./KubeRefusal.ts"
import { type Call, callOf, kindOf, listOf, resourceName } from "./KubeRequests.ts"
import type { KubeStore } from "./KubeStore.ts"
import { type FieldValidation, jobIn, unknownFieldsOf } from "./KubeValidation.ts"
import type { makeWatches } from "./KubeWatches.ts"

/** Permissions of an account: verbs by resource. */
export type Role = Readonly<Record<string, ReadonlyArray<string>>>

/** One request that the emulated API server has got. */
export interface KubeRequest {
  readonly verb: string
  readonly resource: string
  readonly name: string
  readonly query: string
  readonly status: number
}

/** State of the API server. While it starts, it tells everybody that they may do nothing. */
export type ServerState = "up" | "down" | "starting"

export interface Cluster {
  readonly store: KubeStore
  readonly collector: ReturnType<typeof makeCollector>
  readonly watches: ReturnType<typeof makeWatches>
  readonly faults: GitHubFaults
  /** Permissions by token. */
  readonly roles: ReadonlyMap<string, Role>
  /** The account that messages name. */
  readonly user: string
  readonly namespaces: ReadonlyMap<string, Namespace>
  readonly requests: Array<KubeRequest>
  readonly state: () => ServerState
}

interface Answer {
  readonly code: number
  readonly body: unknown
  readonly headers?: Readonly<Record<string, string>>
}

const status = (refusal: Refusal, headers: Readonly<Record<string, string>> = {}): Answer => {
  const { code, details, message, metadata = {}, reason } = refusal
  const told = { ...(reason === "" ? {} : { reason }), ...(details === undefined ? {} : { details }), code }
  return {
    code,
    headers,
    body: { kind: "Status", apiVersion: "v1", metadata, status: "Failure", message, ...told }
  }
}

const reasons: Readonly<Record<number, string>> = {
  401: "Unauthorized",
  403: "Forbidden",
  404: "NotFound",
  409: "AlreadyExists",
  413: "RequestEntityTooLarge",
  422: "Invalid",
  500: "InternalError",
  503: "ServiceUnavailable"
}

const notFound = (call: Call): Answer =>
  status({
    code: 404,
    reason: "NotFound",
    message: call.name === ""
      ? "the server could not find the requested resource"
      : `${resourceName(call)} "${call.name}" not found`,
    details: call.name === ""
      ? {}
      : { name: call.name, ...(call.group === "" ? {} : { group: call.group }), kind: call.resource }
  })

const warnings = (texts: ReadonlyArray<string>): Readonly<Record<string, string>> =>
  texts.length === 0 ? {} : { warning: texts.map((text) => `299 - ${JSON.stringify(text)}`).join(", ") }

const orphans =
  "child pods are preserved by default when jobs are deleted; set propagationPolicy=Background to remove " +
  "them or set propagationPolicy=Orphan to suppress this warning"

const validations: ReadonlyArray<FieldValidation> = ["Strict", "Warn", "Ignore"]
const policies: ReadonlyArray<PropagationPolicy> = ["Foreground", "Background", "Orphan"]

const makeCalls = ({ collector, namespaces, store }: Cluster) => {
  const create = ({ body, namespace, query }: Call): Answer => {
    const validation = validations.find((one) => one === query.get("fieldValidation")) ?? "Warn"
    const job = jobIn(body, validation)
    if ("code" in job && job.code === 400) return status(job)
    const rules = namespaces.get(namespace)
    if (rules === undefined) {
      return status({
        code: 404,
        reason: "NotFound",
        message: `namespaces "${namespace}" not found`,
        details: { name: namespace, kind: "namespaces" }
      })
    }
    if ("code" in job) return status(job)
    if ((job.metadata?.namespace ?? namespace) !== namespace) {
      const message = "the namespace of the provided object does not match the namespace sent on the request"
      return status({ code: 400, reason: "BadRequest", message })
    }
    const stored = withDefaults(job, namespace)
    const { name } = stored.metadata
    const refusal = tooLarge(stored) ?? refusedJob(store, namespace, rules, name)
    if (refusal !== undefined) return status(refusal)
    const known = store.job(namespace, name)
    if (known !== undefined) {
      const deleting = known.metadata.deletionTimestamp === undefined ? "" : "object is being deleted: "
      return status({
        code: 409,
        reason: "AlreadyExists",
        message: `${deleting}jobs.batch "${name}" already exists`,
        details: { name, group: "batch", kind: "jobs" }
      })
    }
    const told = [...warnedOf(rules, job), ...(validation === "Warn" ? unknownFieldsOf(body) : [])]
    return { code: 201, body: store.put(stored), headers: warnings(told) }
  }

  const find = ({ name, namespace, resource }: Call) =>
    resource === "jobs" ? store.job(namespace, name) : store.pod(namespace, name)

  const remove = (call: Call): Answer => {
    const policy = policies.find((one) => one === call.query.get("propagationPolicy"))
    const headers = warnings(policy === undefined ? [orphans] : [])
    const job = store.job(call.namespace, call.name)
    if (job === undefined) return { ...notFound(call), headers }
    const { name, uid } = job.metadata
    const body = collector.end(job, policy ?? "Orphan")
    return policy === "Background"
      ? {
        code: 200,
        headers,
        body: {
          kind: "Status",
          apiVersion: "v1",
          metadata: {},
          status: "Success",
          details: { name, group: "batch", kind: "jobs", uid }
        }
      }
      : { code: 200, headers, body }
  }

  return (call: Call): Answer => {
    if (call.verb === "create" && call.resource === "jobs") return create(call)
    if (call.verb === "delete" && call.resource === "jobs") return remove(call)
    if (call.verb === "list" && call.resource === "resourcequotas") {
      return { code: 200, body: quotasOf(store, call.namespace, namespaces.get(call.namespace) ?? {}) }
    }
    if (call.verb === "list") {
      const body = listOf(store, call)
      return "code" in body ? status(body) : { code: 200, body }
    }
    const found = call.verb === "get" ? find(call) : undefined
    return found === undefined ? notFound(call) : { code: 200, body: found }
  }
}

const bodyLimit = 3_145_728

/** The body of a request: `undefined` where it is too large. */
const readBody = (request: IncomingMessage): Effect.Effect<Option.Option<unknown>> =>
  Effect.callback<Option.Option<unknown>>((resume) => {
    const chunks: Array<Buffer> = []
    request.on("data", (chunk: Buffer) => chunks.push(chunk))
    request.on("end", () => {
      const bytes = Buffer.concat(chunks)
      if (bytes.length > bodyLimit) return resume(Effect.succeedNone)
      try {
        resume(Effect.succeedSome(bytes.length === 0 ? undefined : JSON.parse(bytes.toString())))
      } catch {
        resume(Effect.succeedSome(bytes.toString()))
      }
    })
  })

/** A planned answer. The server says 429 in plain text, before it has looked at the request. */
const faulty = ({ headers, message, status: code }: Extract<Fault, { readonly _tag: "Answer" }>): Answer =>
  code === 429
    ? {
      code,
      headers: { "content-type": "text/plain; charset=utf-8", "retry-after": "1", ...headers },
      body: "Too many requests, please try again later.\n"
    }
    : status({ code, reason: reasons[code] ?? "Unknown", message: message ?? "Injected fault" }, headers ?? {})

/** Answers one request after the rules of authentication, authorisation and the planned faults. */
const makeExchange = (cluster: Cluster) => {
  const { faults, requests, roles, state, user, watches } = cluster
  const answerCall = makeCalls(cluster)

  const forbidden = (call: Call, role: Role | undefined): Answer | undefined => {
    if (role === undefined) return status({ code: 401, reason: "Unauthorized", message: "Unauthorized" })
    if (state() === "up" && (role[call.resource] ?? []).includes(call.verb)) return undefined
    const message = `${resourceName(call)} is forbidden: User "${user}" cannot ${call.verb} resource ` +
      `"${call.resource}" in API group "${call.group}" in the namespace "${call.namespace}"`
    const details = { ...(call.group === "" ? {} : { group: call.group }), kind: call.resource }
    return status({ code: 403, reason: "Forbidden", message, details })
  }

  const watch = (call: Call, response: ServerResponse): number => {
    const given = call.query.get("resourceVersion") ?? "0"
    const version = Number(given)
    if (!Number.isInteger(version)) {
      const message =
        `resourceVersion: Invalid value: "${given}": strconv.ParseUint: parsing "${given}": invalid syntax`
      return write(response, status({ code: 500, reason: "", message }))
    }
    watches.begin({
      kind: kindOf(call.resource),
      namespace: call.namespace,
      selector: call.query.get("labelSelector") ?? "",
      version,
      bookmarks: call.query.get("allowWatchBookmarks") === "true",
      seconds: Number(call.query.get("timeoutSeconds") ?? 1800)
    }, response)
    return 200
  }

  const write = (response: ServerResponse, { body, code, headers }: Answer): number => {
    response.writeHead(code, { "content-type": "application/json", ...headers })
    response.end(typeof body === "string" ? body : JSON.stringify(body))
    return code
  }

  return Effect.fnUntraced(function*(request: IncomingMessage, response: ServerResponse) {
    const url = new URL(request.url ?? "/", "http://localhost")
    const body = yield* readBody(request)
    const call = callOf(request.method ?? "GET", url, Option.getOrUndefined(body))
    const { name, resource, verb } = call
    const fault = faults.take(verb, url.pathname)
    const seen = (code: number) => requests.push({ verb, resource, name, query: url.search, status: code })
    if (fault?._tag === "Delay") yield* Effect.sleep(Duration.fromInputUnsafe(fault.by))
    if (fault?._tag === "Stall") return
    if (fault?._tag === "Drop" || state() === "down") {
      seen(0)
      return request.socket.destroy()
    }
    const token = /^Bearer (.+)$/.exec(request.headers.authorization ?? "")?.[1] ?? ""
    const review = accessReview(url.pathname, Option.getOrUndefined(body), roles.get(token) ?? {})
    if (review !== undefined) return void write(response, { code: 201, body: review })
    const large: Refusal = {
      code: 413,
      reason: "RequestEntityTooLarge",
      message: `Request entity too large: limit is ${bodyLimit}`
    }
    const refusal = fault?._tag === "Answer" ? faulty(fault) : forbidden(call, roles.get(token)) ??
      (Option.isNone(body) ? status(large) : undefined)
    if (refusal === undefined && verb === "watch") return void seen(watch(call, response))
    const answer = refusal ?? answerCall(call)
    if (fault?._tag === "CommitThenDrop") {
      seen(0)
      return request.socket.destroy()
    }
    const given = fault?._tag === "CommitThenAnswer"
      ? status({ code: fault.status, reason: reasons[fault.status] ?? "Unknown", message: "Injected fault" })
      : answer
    seen(given.code)
    return void write(response, given)
  })
}

/** Answers the server's requests as a Kubernetes API server, on the machine's time. */
export const serveKubernetes = (server: Server, cluster: Cluster, signal: AbortSignal): void => {
  const exchange = makeExchange(cluster)
  server.on("request", (request, response) => {
    Effect.runFork(exchange(request, response), { signal })
  })
}
