import type { ProviderName } from "@nominal-code/domain/ReviewSettings"
import * as KubeEmulator from "@nominal-code/testing/KubeEmulator"
import * as RedisServer from "@nominal-code/testing/RedisServer"
import { Effect, Redacted } from "effect"
import * as Journey from "./Journey.ts"

/** The Secret that the pods' environment comes from. */
export const secretName = "nominal-code-secrets"

/** Differences of a cluster from the usual. */
export interface Options {
  readonly kube?: Partial<KubeEmulator.Options>
  readonly env?: Readonly<Record<string, string>>
  /** Provider of the model. */
  readonly provider?: ProviderName
}

/** A journey on a cluster: Jobs for the reviews, Redis for the queue, and nothing of ours but `serve` and `run-job`. */
export const make = Effect.fn("Cluster.make")(function*(
  { env = {}, kube: options = {}, provider = "anthropic" }: Options
) {
  const redis = yield* RedisServer.start({ password: "a-password-that-nobody-may-see" })
  const kube = yield* KubeEmulator.make(options)
  const url = Redacted.value(redis.url)
  const journey = yield* Journey.make({
    provider,
    env: {
      K8S_ENV_FROM_SECRETS: secretName,
      K8S_IMAGE: "registry.example/nominal-code:v1",
      K8S_NAMESPACE: kube.namespace,
      KUBECONFIG: kube.kubeconfig,
      JOBS_SIGNING_KEY: "a-key-of-the-servers-that-no-pod-has",
      REDIS_URL: url,
      ...env
    }
  })
  const keys = Object.entries<string>(journey.environment).filter(([name]) => name.endsWith("_API_KEY"))
  kube.secrets.set(secretName, {
    ...Object.fromEntries(keys),
    GITHUB_TOKEN: journey.secrets.token,
    REDIS_URL: url
  })

  return {
    kube,
    redis,
    journey,
    /** Waits until so many Jobs have ended. */
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
