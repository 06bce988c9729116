import { assert } from "@effect/vitest"
import type { ProviderName } from "@nominal-code/domain/settings/ReviewSettings"
import * as KubeEmulator from "@nominal-code/testing/KubeEmulator"
import * as RedisServer from "@nominal-code/testing/RedisServer"
import { Effect, Redacted } from "effect"
import { readFileSync } from "node:fs"
import * as Journey from "./Journey.ts"

/** Rights of the Jobs' user, as `deploy/` gives them. */
const rightsOfJobs = (): ReadonlyArray<string> => {
  const manifest = readFileSync(new URL("../../deploy/k8s/base/redis.yaml", import.meta.url), "utf8")
  return [...manifest.matchAll(/^ +'((?:resetchannels|nocommands) [^']+)'/gm)].flatMap(([, rights = ""]) =>
    rights.split(" ")
  )
}

/** Makes the Jobs' user in a Redis; its URL. */
export const urlOfJobs = Effect.fnUntraced(function*({ command, url }: RedisServer.RedisServer) {
  const [password, rights] = ["a-password-of-the-jobs-that-nobody-may-see", rightsOfJobs()]
  assert.isAbove(rights.length, 15)
  yield* command("acl", "setuser", "nominal-job", "on", `>${password}`, ...rights)
  const address = new URL(Redacted.value(url))
  return `redis://nominal-job:${password}@${address.host}${address.pathname}`
})

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
    REDIS_URL: yield* urlOfJobs(redis)
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
