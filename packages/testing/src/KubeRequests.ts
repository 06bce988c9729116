import { Option, Schema, Struct } from "effect"
import type { Refusal } from "./KubeRefusal.ts"
import type { KubeObject, KubeStore } from "./KubeStore.ts"
import { selects } from "./KubeWatches.ts"

/** A request, as the API server understands it. */
export interface Call {
  readonly verb: string
  readonly group: string
  readonly namespace: string
  readonly resource: string
  readonly name: string
  readonly query: URLSearchParams
  readonly body: unknown
}

const pathOf =
  /^\/(?:apis\/(?<group>batch)\/v1|api\/v1)\/namespaces\/(?<namespace>[^/]+)\/(?<resource>[a-z]+)(?:\/(?<name>[^/]+))?$/

const verbOf = (method: string, name: string, query: URLSearchParams): string => {
  if (method === "POST") return "create"
  if (method === "DELETE") return "delete"
  if (method !== "GET") return method.toLowerCase()
  return name !== "" ? "get" : query.get("watch") === "true" ? "watch" : "list"
}

/** Reads a method and a URL as a request of the Kubernetes API. */
export const callOf = (method: string, url: URL, body: unknown): Call => {
  const { group = "", name = "", namespace = "", resource = "" } = pathOf.exec(url.pathname)?.groups ?? {}
  return {
    verb: verbOf(method, name, url.searchParams),
    group,
    namespace,
    resource,
    name,
    query: url.searchParams,
    body
  }
}

/** The kind of the objects of a resource. */
export const kindOf = (resource: string): KubeObject["kind"] =>
  resource === "jobs" ? "Job" : resource === "pods" ? "Pod" : "Event"

/** A resource, as messages name it. */
export const resourceName = ({ group, resource }: Call): string => group === "" ? resource : `${resource}.${group}`

const involved = (selector: string, object: KubeObject): boolean =>
  selector === "" ||
  (object.kind === "Event" &&
    selects(selector.replaceAll("involvedObject.", ""), { ...object.involvedObject, type: object.type }))

const Continue = Schema.fromJsonString(Schema.Struct({ v: Schema.String, rv: Schema.Int, start: Schema.String }))

const token = (rv: number, start: string): string =>
  Buffer.from(JSON.stringify({ v: "meta.k8s.io/v1", rv, start: `${start}\0` })).toString("base64").replace(/=+$/, "")

const expired = (start: string): Refusal => ({
  code: 410,
  reason: "Expired",
  metadata: { continue: token(-1, start) },
  message: "The provided continue parameter is too old to display a consistent list result. You can start a new list " +
    "without the continue parameter, or use the continue token in this response to retrieve the remainder of the " +
    "results. Continuing with the provided token results in an inconsistent list - objects that were created, " +
    "modified, or deleted between the time the first chunk was returned and now may show up in the list."
})

/** The objects that a list asks for, by name, a page of them where it has a limit. */
export const listOf = (store: KubeStore, call: Call): object | Refusal => {
  const { namespace, query, resource } = call
  const kind = kindOf(resource)
  const all = [...store.jobs(), ...store.pods(), ...store.events()].filter((object) =>
    object.kind === kind && object.metadata.namespace === namespace &&
    selects(query.get("labelSelector") ?? "", object.metadata.labels) &&
    involved(query.get("fieldSelector") ?? "", object)
  ).sort((one, other) => one.metadata.name < other.metadata.name ? -1 : 1)
  const given = query.get("continue") ?? ""
  const place = Option.getOrUndefined(Schema.decodeOption(Continue)(Buffer.from(given, "base64").toString()))
  const start = place?.start.replace(/\0$/, "") ?? ""
  if (place !== undefined && place.rv !== -1 && place.rv < store.floor) return expired(start)
  const rest = all.filter(({ metadata }) => metadata.name > start)
  const page = rest.slice(0, Number(query.get("limit") ?? 0) || rest.length)
  const last = page.at(-1)?.metadata.name ?? ""
  return {
    kind: `${kind}List`,
    apiVersion: resource === "jobs" ? "batch/v1" : "v1",
    metadata: {
      resourceVersion: String(store.version),
      ...(page.length < rest.length
        ? {
          continue: token(place === undefined || place.rv < 0 ? store.version : place.rv, last),
          remainingItemCount: rest.length - page.length
        }
        : {})
    },
    items: page.map((object) => Struct.omit(object, ["apiVersion", "kind"]))
  }
}
