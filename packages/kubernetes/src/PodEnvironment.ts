import type { KubernetesSettings } from "@nominal-code/config/KubernetesSettings"
import { holdsPassword } from "@nominal-code/domain/RedisUrl"
import { Duration, Redacted } from "effect"
import type { EnvironmentVariable } from "./JobManifest.ts"

/*
 * The environment of a review's container.
 */

/**
 * Escapes a text for the value of a container's variable. A kubelet replaces `$(NAME)` in it by the variable of that
 * name, a Secret's too, and `$$` by `$`: so every `$` is doubled.
 */
const verbatim = (text: string): string => text.replaceAll("$", "$$$$")

/** Settings for a container's environment. */
interface EnvironmentSettings {
  readonly kubernetes: KubernetesSettings
  readonly redis: { readonly url: Redacted.Redacted }
}

/**
 * Variables from Secrets, entry by entry, so that other entries (the webhook's secret for instance) do not reach the
 * pod. Of two Secrets with the same entry the later one counts, as with `envFrom`.
 */
const fromSecrets = ({ envFromSecrets, secretVariables }: KubernetesSettings): ReadonlyArray<EnvironmentVariable> =>
  secretVariables.flatMap(({ name: key, required }) =>
    envFromSecrets.map((name) => ({
      name: key,
      valueFrom: { secretKeyRef: { name, key, ...(required ? {} : { optional: true }) } }
    }))
  )

/** The variables of a review's container. A Redis password is in a Secret only: whoever reads Jobs could read it here. */
export const podEnvironment = (
  { kubernetes, redis }: EnvironmentSettings,
  payload: string
): Array<EnvironmentVariable> => {
  const plain = Object.entries({
    REVIEW_JOB_PAYLOAD: payload,
    ...(holdsPassword(Redacted.value(redis.url)) ? {} : { REDIS_URL: Redacted.value(redis.url) }),
    // Not the volume itself, which everybody in the container may write to.
    WORKSPACE_BASE_DIR: "/workspace/nominal-code",
    HOME: "/home/nominal",
    TMPDIR: "/tmp",
    // The pod bounds its calls of the model by it.
    JOBS_DEADLINE_SECONDS: String(Duration.toSeconds(kubernetes.activeDeadline)),
    ...kubernetes.environment
  }).map(([name, value]) => ({ name, value: verbatim(value) }))
  return [...plain, ...fromSecrets(kubernetes)]
}
