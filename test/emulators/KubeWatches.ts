import { Duration, Effect } from "effect"
import type { ServerResponse } from "node:http"
import type { KubeEvent, KubeObject, KubeStore } from "./KubeStore.ts"

/** What somebody watches. */
export interface WatchRequest {
  readonly kind: KubeObject["kind"]
  readonly namespace: string
  readonly selector: string
  readonly version: number
  readonly bookmarks: boolean
  readonly seconds: number
}

/** Whether labels are selected: `a=b,c!=d,e`. */
export const selects = (selector: string, labels: Readonly<Record<string, string>>): boolean =>
  selector.split(",").filter((term) => term !== "").every((term) => {
    const [, key = "", operator = "", value = ""] = /^([^=!]+)(==?|!=)?(.*)$/.exec(term.trim()) ?? []
    return operator === "" ? key in labels : (labels[key] === value) === (operator !== "!=")
  })

const line = (type: string, object: unknown): string => `${JSON.stringify({ type, object })}\n`

const expired = (version: number) =>
  line("ERROR", {
    kind: "Status",
    apiVersion: "v1",
    status: "Failure",
    message: `too old resource version: ${version}`,
    reason: "Expired",
    code: 410
  })

/** The watches of an emulated API server. */
export const makeWatches = (store: KubeStore, bookmarkEvery: Duration.Duration) => {
  const open = new Set<ServerResponse>()

  const bookmark = ({ kind }: WatchRequest) =>
    line("BOOKMARK", {
      apiVersion: kind === "Job" ? "batch/v1" : "v1",
      kind,
      metadata: { resourceVersion: String(store.version), creationTimestamp: null }
    })

  const begin = (request: WatchRequest, response: ServerResponse): void => {
    response.writeHead(200, { "content-type": "application/json" }).flushHeaders()
    if (request.version < store.floor) {
      response.end(expired(request.version))
      return
    }
    const tell = ({ object, type }: KubeEvent) => {
      if (object.kind !== request.kind || object.metadata.namespace !== request.namespace) return
      if (selects(request.selector, object.metadata.labels)) response.write(line(type, object))
    }
    for (const event of store.since(request.version)) tell(event)
    const stop = store.listen(tell)
    open.add(response)
    const bookmarks = request.bookmarks
      ? Effect.sync(() => response.write(bookmark(request))).pipe(Effect.delay(bookmarkEvery), Effect.forever)
      : Effect.never
    const fiber = Effect.runFork(Effect.timeoutOption(bookmarks, Duration.seconds(request.seconds)))
    fiber.addObserver(() => response.end())
    response.on("close", () => {
      stop()
      open.delete(response)
      fiber.interruptUnsafe()
    })
  }

  return {
    begin,
    /** How many are open now. */
    open: () => open.size,
    /** Cuts every connection, in the middle of whatever it says. */
    cut: (): void => {
      for (const response of open) response.destroy()
    }
  }
}
