import type { ConfigurationOptions } from "@kubernetes/client-node"
import { Duration, Effect, Layer, Option, Schema, Stream } from "effect"
import { KubeClient, type ListerWatcher, type ObjectList, type WatchEvent } from "./KubeClient.ts"
import * as KubeConnection from "./KubeConnection.ts"
import { KubeError } from "./KubeError.ts"
import { statusFailure } from "./KubeFailure.ts"
import { kubeJobOf, podOf, warningsIn, WireEvent, WireKubeJob, WirePod } from "./KubeObjects.ts"

/** Seconds after which the server ends a watch. It is then continued. */
const watchSeconds = 290

const unreadable = (operation: string) => (error: Schema.SchemaError) =>
  new KubeError({ operation, reason: "refused", detail: `the API server's answer cannot be read: ${error.message}` })

const Version = Schema.Struct({ metadata: Schema.Struct({ resourceVersion: Schema.String }) })
const Line = Schema.fromJsonString(Schema.Struct({ type: Schema.String, object: Schema.Unknown }))
const List = Schema.Struct({ ...Version.fields, items: Schema.Array(Schema.Unknown) })

const Events = Schema.Struct({ items: Schema.Array(WireEvent) })

const codeOf = (status: unknown): number =>
  Option.match(Schema.decodeUnknownOption(Schema.Struct({ code: Schema.Int }))(status), {
    onNone: () => 500,
    onSome: ({ code }) => code
  })

interface ListQuery {
  readonly labelSelector: string
  /** Version to list. `0`: whatever the API server has in memory. */
  readonly resourceVersion?: "0"
}

/** Kind of objects: its path, its list call and its decoder. */
interface Kind<A> {
  readonly name: string
  readonly path: string
  readonly list: (query: ListQuery, options: ConfigurationOptions) => Promise<unknown>
  readonly read: (object: unknown) => Effect.Effect<A, Schema.SchemaError>
}

/** A Job that is being deleted, and the instant of the answer by the same clock. */
const Deleted = Schema.Struct({
  headers: Schema.Struct({ date: Schema.DateFromString }),
  data: Schema.Struct({ metadata: Schema.Struct({ deletionTimestamp: Schema.Date }) })
})

/** Time since a Job's deletion was requested, from an answer of the API; none where it was not. */
const sinceDeletion = (answer: unknown): Option.Option<Duration.Duration> =>
  Option.map(
    Schema.decodeUnknownOption(Deleted)(answer),
    ({ data: { metadata: { deletionTimestamp } }, headers: { date } }) =>
      Duration.millis(Math.max(0, date.getTime() - deletionTimestamp.getTime()))
  )

const opened = { _tag: "Opened" as const }

/** One line of a watch. */
const watchEvent = Effect.fnUntraced(function*<A>({ name, read }: Kind<A>, line: string): Effect.fn.Return<
  WatchEvent<A>,
  KubeError
> {
  const operation = `watch ${name}`
  const { object, type } = yield* Effect.mapError(Schema.decodeEffect(Line)(line), unreadable(operation))
  if (type === "ERROR") return yield* statusFailure(operation, codeOf(object), object)
  return yield* Effect.gen(function*() {
    const { metadata: { resourceVersion: version } } = yield* Schema.decodeUnknownEffect(Version)(object)
    if (type === "BOOKMARK") return { _tag: "Progress" as const, version }
    return { _tag: type === "DELETED" ? "Removed" as const : "Changed" as const, item: yield* read(object), version }
  }).pipe(Effect.mapError(unreadable(operation)))
})

const watchable = <A>(connection: KubeConnection.KubeConnection, kind: Kind<A>): ListerWatcher<A> => {
  const { lines, request } = connection

  const list = Effect.fn("KubeClient.list")(function*(
    labelSelector: string,
    cached: boolean
  ): Effect.fn.Return<ObjectList<A>, KubeError> {
    const operation = `list ${kind.name}`
    const query = { labelSelector, ...(cached ? { resourceVersion: "0" as const } : {}) }
    const answer = yield* request(operation, (options) => kind.list(query, options))
    return yield* Schema.decodeUnknownEffect(List)(answer).pipe(
      Effect.flatMap(({ items, metadata }) =>
        Effect.map(Effect.forEach(items, kind.read, { concurrency: 1 }), (items) => ({
          items,
          version: metadata.resourceVersion
        }))
      ),
      Effect.mapError(unreadable(operation))
    )
  })

  return {
    list,
    watch: (labelSelector, resourceVersion) =>
      lines(`watch ${kind.name}`, kind.path, {
        watch: "true",
        allowWatchBookmarks: "true",
        timeoutSeconds: String(watchSeconds),
        labelSelector,
        resourceVersion
      }).pipe(
        Effect.map((lines) =>
          Stream.concat(Stream.succeed(opened), Stream.mapEffect(lines, (line) => watchEvent(kind, line)))
        ),
        Stream.unwrap
      )
  }
}

/** A namespace of a cluster. */
export interface KubeClientOptions {
  readonly namespace: string
  /** The file that names the cluster. Absent: the one that this process is in, or the usual kubeconfig's. */
  readonly kubeconfig?: string
}

const make = Effect.fnUntraced(function*({ kubeconfig, namespace }: KubeClientOptions) {
  const connection = yield* KubeConnection.connect(kubeconfig)
  const { config, request, sdk } = connection
  const batch = config.makeApiClient(sdk.BatchV1Api)
  const core = config.makeApiClient(sdk.CoreV1Api)
  const readKubeJob = (object: unknown) => Effect.map(Schema.decodeUnknownEffect(WireKubeJob)(object), kubeJobOf)
  const readPod = (object: unknown) => Effect.map(Schema.decodeUnknownEffect(WirePod)(object), podOf)
  const readable = (operation: string) => (object: unknown) =>
    Effect.mapError(readKubeJob(object), unreadable(operation))

  return KubeClient.of({
    createJob: Effect.fn("KubeClient.createJob")((body) =>
      request("create Job", (options) => batch.createNamespacedJob({ namespace, body }, options)).pipe(
        Effect.flatMap(readable("create Job"))
      )
    ),
    findJob: Effect.fn("KubeClient.findJob")((name: string) =>
      request("get Job", (options) => batch.readNamespacedJob({ namespace, name }, options)).pipe(
        Effect.flatMap(readable("get Job")),
        Effect.asSome,
        Effect.catchIf(({ reason }) => reason === "absent", () => Effect.succeedNone)
      )
    ),
    deleteJob: Effect.fn("KubeClient.deleteJob")((name: string) =>
      request(
        "delete Job",
        (options) => batch.deleteNamespacedJob({ namespace, name, propagationPolicy: "Foreground" }, options)
      ).pipe(Effect.asVoid, Effect.catchIf(({ reason }) => reason === "absent", () => Effect.void))
    ),
    endingFor: Effect.fn("KubeClient.endingFor")((name: string) =>
      request("get Job", (options) => batch.readNamespacedJobWithHttpInfo({ namespace, name }, options)).pipe(
        Effect.map(sinceDeletion),
        Effect.catchIf(({ reason }) => reason === "absent", () => Effect.succeedNone)
      )
    ),
    warningsOf: Effect.fn("KubeClient.warningsOf")((name: string, kind = "Job") =>
      request<unknown>("list events", (options) =>
        core.listNamespacedEvent({
          namespace,
          fieldSelector: `involvedObject.kind=${kind},involvedObject.name=${name}`,
          limit: 50
        }, options)).pipe(
          Effect.flatMap((answer) =>
            Effect.mapError(Schema.decodeUnknownEffect(Events)(answer), unreadable("list events"))
          ),
          Effect.map(({ items }) => warningsIn(items))
        )
    ),
    jobs: watchable(connection, {
      name: "Jobs",
      path: `/apis/batch/v1/namespaces/${namespace}/jobs`,
      list: (query, options) => batch.listNamespacedJob({ namespace, ...query }, options),
      read: readKubeJob
    }),
    pods: watchable(connection, {
      name: "pods",
      path: `/api/v1/namespaces/${namespace}/pods`,
      list: (query, options) => core.listNamespacedPod({ namespace, ...query }, options),
      read: readPod
    })
  })
})

/** The client of a cluster's API. The SDK is loaded when the layer is built. */
export const layer = (options: KubeClientOptions) => Layer.effect(KubeClient, make(options))
