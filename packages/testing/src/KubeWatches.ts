import { Duration, Effect } from "effect"
import type { ServerResponse } from "node:http"
import type { KubeEvent, KubeObject, KubeStore } from "./KubeStore.ts"

/** Selection of a watch. */
export interface WatchRequest {
  readonly kind: KubeObject["kind"]
  readonly namespace: string
  readonly selector: string
  /** Version after which events are sent; with 0, all objects come first. */
  readonly version: number
  readonly bookmarks: boolean
  readonly seconds: number
}

/** True if a selector selects the labels: `a=b,c!=d,e`. */
export const selects = (selector: string, labels: Readonly<Record<string, string>>): boolean =>
  selector.split(",").filter((term) => term !== "").every((term) => {
    const [, key = "", operator = "", value = ""] = /^([^=!]+)(==?|!=)?(.*)$/.exec(term.trim()) ?? []
    return operator === "" ? key in labels : (labels[key] === value) === (operator !== "!=")
  })

const line = (type: string, object: unknown): string => `${JSON.stringify({ type, object })}\n`

const expired = (version: number, floor: number) =>
  line("ERROR", {
    kind: "Status",
    apiVersion: "v1",
    metadata: {},
    status: "Failure",
    message: `too old resource version: ${version} (${floor})`,
    reason: "Expired",
    code: 410
  })

/** A bookmark is an object of its kind with nothing but a version. */
const bookmark = (kind: KubeObject["kind"], version: number): string => {
  const spec = kind === "Job" ? { template: { metadata: {}, spec: { containers: null } } } : { containers: null }
  return line("BOOKMARK", {
    kind,
    apiVersion: kind === "Job" ? "batch/v1" : "v1",
    metadata: { resourceVersion: String(version) },
    ...(kind === "Event" ? {} : { spec, status: {} })
  })
}

/** The watches of an emulated API server. */
export const makeWatches = (store: KubeStore, bookmarkEvery: Duration.Duration) => {
  const open = new Set<ServerResponse>()

  const begin = (request: WatchRequest, response: ServerResponse): void => {
    const { kind, namespace, seconds, selector, version } = request
    response.writeHead(200, { "content-type": "application/json" }).flushHeaders()
    if (version !== 0 && version < store.floor) {
      response.end(expired(version, store.floor))
      return
    }
    /** The newest version of an object of this kind that has changed since the watch began. */
    let changed: number | undefined
    const tell = (event: KubeEvent) => {
      const { object, type } = event
      if (object.kind !== kind || event.version <= version) return
      if (object.metadata.namespace !== namespace || !selects(selector, object.metadata.labels)) return
      response.write(line(type, object))
    }
    const present: ReadonlyArray<KubeObject> = version === 0
      ? [...store.jobs(), ...store.pods(), ...store.events()]
      : []
    for (const object of present) tell({ type: "ADDED", version: Number(object.metadata.resourceVersion), object })
    if (version !== 0) { for (const event of store.since(version)) tell(event) }
    const stop = store.listen((event) => {
      if (event.object.kind === kind) changed = event.version
      tell(event)
    })
    open.add(response)
    const mark = Effect.sync(() => {
      if (request.bookmarks && changed !== undefined) response.write(bookmark(kind, changed))
    })
    const fiber = Effect.runFork(
      mark.pipe(
        Effect.delay(bookmarkEvery),
        Effect.forever,
        Effect.timeoutOption(Duration.seconds(Math.max(seconds - 2, 0))),
        // The last one comes two seconds before the end.
        Effect.andThen(mark),
        Effect.andThen(Effect.sleep(Duration.seconds(Math.min(seconds, 2))))
      )
    )
    fiber.addObserver(() => response.end())
    response.on("close", () => {
      stop()
      open.delete(response)
      fiber.interruptUnsafe()
    })
  }

  return {
    begin,
    /** Number of those that are open now. */
    open: () => open.size,
    /** Cuts every connection, in the middle of whatever it says. */
    cut: (): void => {
      for (const response of open) response.destroy()
    }
  }
}
