import type { ConfigurationOptions, KubeConfig, RequestContext } from "@kubernetes/client-node"
import { Effect, Semaphore, Stream } from "effect"
import { KubeConfigError } from "./KubeClient.ts"
import { KubeError } from "./KubeError.ts"
import { failureOf, statusFailure } from "./KubeFailure.ts"

/** Maximum number of concurrent requests. An API server limits a client to tens of requests a second. */
const requestsAtOnce = 16

const answerLimit = "20 seconds"

/** Silence after which a watch counts as dead. Bookmarks come about every minute. */
const silence = "100 seconds"

const withTimeout = (operation: string) => <A, R>(effect: Effect.Effect<A, KubeError, R>) =>
  Effect.timeoutOrElse(effect, {
    duration: answerLimit,
    orElse: () =>
      Effect.fail(
        new KubeError({ operation, reason: "unreachable", detail: `the API server did not answer in ${answerLimit}` })
      )
  })

const readConfig = (config: KubeConfig, kubeconfig: string | undefined) =>
  Effect.try({
    try: () => kubeconfig === undefined ? config.loadFromDefault() : config.loadFromFile(kubeconfig),
    catch: (cause) => new KubeConfigError({ message: `the kubeconfig cannot be read: ${String(cause)}` })
  })

/**
 * Loads the SDK, which is large, and reads how to reach the cluster: from the file that is given, else from the usual
 * kubeconfig (KUBECONFIG, ~/.kube/config), else in a pod from its service account.
 */
export const connect = Effect.fnUntraced(function*(kubeconfig?: string) {
  const sdk = yield* Effect.tryPromise({
    try: () => import("@kubernetes/client-node"),
    catch: () => new KubeConfigError({ message: "the package @kubernetes/client-node is not installed: install it" })
  })
  const config = new sdk.KubeConfig()
  yield* readConfig(config, kubeconfig)
  const cluster = config.getCurrentCluster()
  // What the SDK falls back to when it finds nothing at all.
  if (cluster === null || cluster.server === "http://localhost:8080") {
    return yield* new KubeConfigError({
      message:
        "no Kubernetes cluster: kubernetes.image is set, but this is no pod with a service account, and there is " +
        "no kubeconfig either (KUBECONFIG, ~/.kube/config)"
    })
  }
  const slots = yield* Semaphore.make(requestsAtOnce)
  const transport = new sdk.IsomorphicFetchHttpLibrary()
  let shared: ReturnType<RequestContext["getDispatcher"]>

  /**
   * Makes a request abortable, and lets it share the connections of the first. The SDK would open new ones for each.
   */
  const prepare = (context: RequestContext, signal: AbortSignal): RequestContext => {
    shared ??= context.getDispatcher()
    if (shared !== undefined) context.setDispatcher(shared)
    context.setSignal(signal)
    return context
  }

  const optionsOf = (signal: AbortSignal): ConfigurationOptions => ({
    middleware: [{
      pre: (context) => new sdk.Observable(Promise.resolve(prepare(context, signal))),
      post: (context) => new sdk.Observable(Promise.resolve(context))
    }],
    middlewareMergeStrategy: "append"
  })

  /** Sends one request, with a time limit and limited concurrency. */
  const request = <A>(operation: string, send: (options: ConfigurationOptions) => Promise<A>) =>
    Effect.tryPromise({ try: (signal) => send(optionsOf(signal)), catch: failureOf(operation) }).pipe(
      withTimeout(operation),
      slots.withPermits(1)
    )

  const open = Effect.fnUntraced(function*(operation: string, url: URL, signal: AbortSignal) {
    const context = new sdk.RequestContext(url.href, sdk.HttpMethod.GET)
    const answer = yield* Effect.tryPromise({
      try: () =>
        config.applySecurityAuthentication(context).then(() => transport.send(prepare(context, signal)).toPromise()),
      catch: failureOf(operation)
    })
    const body = answer.body.stream()
    if (answer.httpStatusCode === 200 && body !== null) return body
    const text = yield* Effect.promise(() => answer.body.text())
    return yield* statusFailure(operation, answer.httpStatusCode, text, answer.headers)
  })

  /** Opens a watch: the stream of its lines, which ends when the connection is silent for too long. */
  const lines = Effect.fnUntraced(
    function*(operation: string, path: string, query: Readonly<Record<string, string>>) {
      const url = new URL(`${cluster.server.replace(/\/$/, "")}${path}?${new URLSearchParams(query)}`)
      const body = yield* open(operation, url, yield* Effect.abortSignal).pipe(withTimeout(operation))
      return Stream.fromReadableStream({ evaluate: () => body, onError: failureOf(operation) }).pipe(
        Stream.decodeText(),
        Stream.splitLines,
        Stream.timeout(silence)
      )
    }
  )

  return { sdk, config, request, lines }
})

/** Connection to a cluster's API server. */
export type KubeConnection = Effect.Success<ReturnType<typeof connect>>
