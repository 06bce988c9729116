import { Effect, Redacted } from "effect"
import * as RedisServer from "../../packages/persistence/test/RedisServer.ts"
import * as KubeEmulator from "../emulators/KubeEmulator.ts"
import * as Journey from "./Journey.ts"

/** The Secret that the pods' environment comes from. */
const secretName = "nominal-code-secrets"

/** How a cluster differs from the usual. */
export interface Options {
  readonly kube?: Partial<KubeEmulator.Options>
  readonly env?: Readonly<Record<string, string>>
}

/** A journey on a cluster: Jobs for the reviews, Redis for the queue, and nothing of ours but `serve` and `run-job`. */
export const make = Effect.fn("Cluster.make")(function*({ env = {}, kube: options = {} }: Options = {}) {
  const redis = yield* RedisServer.start({ password: "a-password-that-nobody-may-see" })
  const kube = yield* KubeEmulator.make(options)
  const url = Redacted.value(redis.url)
  const journey = yield* Journey.make({
    env: {
      K8S_ENV_FROM_SECRETS: secretName,
      K8S_IMAGE: "registry.example/nominal-code:v1",
      K8S_NAMESPACE: kube.namespace,
      KUBECONFIG: kube.kubeconfig,
      REDIS_URL: url,
      ...env
    }
  })
  kube.secrets.set(secretName, {
    ANTHROPIC_API_KEY: journey.secrets.apiKey,
    GITHUB_TOKEN: journey.secrets.token,
    REDIS_URL: url
  })

  /** The pod that runs now, once there is one. */
  const running = Effect.map(
    Journey.until("a running pod", () => kube.controller.running.size > 0),
    () => [...kube.controller.running.keys()][0] ?? ""
  )
  return {
    kube,
    redis,
    journey,
    running,
    /** What every pod has written, for a test that fails. */
    finished: (jobs: number) =>
      Journey.until(
        `the end of ${jobs} Job(s)`,
        () =>
          kube.store.jobs().filter(({ status }) =>
            (status.conditions ?? []).some(({ type }) => type === "Complete" || type === "Failed")
          ).length >= jobs
      )
  }
})

/** A running cluster with its journey. */
export type Cluster = Effect.Success<ReturnType<typeof make>>
