import type { KubernetesSettings } from "@nominal-code/config/KubernetesSettings"
import { holdsPassword } from "@nominal-code/domain/settings/RedisUrl"
import { Duration, Redacted } from "effect"
import type { EnvironmentVariable } from "./KubeJobManifest.ts"

/*
 * The environment of a review's container.
 */

/**
 * Escapes a text for the value of a container's variable. A kubelet replaces `$(NAME)` in it by the variable of that
 * name, a Secret's too, and `$$` by `$`: so every `$` is doubled.
 */
const verbatim = (text: string): string => text.replaceAll("$", "$$$$")

/** Settings for the environments of a pod's containers. */
export interface EnvironmentSettings {
  readonly kubernetes: KubernetesSettings
  readonly redis: { readonly url: Redacted.Redacted }
}

const plain = (variables: Readonly<Record<string, string>>): ReadonlyArray<EnvironmentVariable> =>
  Object.entries(variables).map(([name, value]) => ({ name, value: verbatim(value) }))

/**
 * Variables from Secrets, entry by entry, so that other entries (the webhook's secret for instance) do not reach the
 * container. Of two Secrets with the same entry the later one counts, as with `envFrom`.
 */
const fromSecrets = (
  { envFromSecrets, secretVariables }: KubernetesSettings,
  isWanted: (name: string) => boolean = () => true
): ReadonlyArray<EnvironmentVariable> =>
  secretVariables.filter(({ name }) => isWanted(name)).flatMap(({ name: key, required }) =>
    envFromSecrets.map((name) => ({
      name: key,
      valueFrom: { secretKeyRef: { name, key, ...(required ? {} : { optional: true }) } }
    }))
  )

const ofLogs: ReadonlySet<string> = new Set(["LOG_LEVEL", "LOG_FORMAT"])

/** The settings for the pod, without secrets: those of the log, and those of a part. */
const settingsFor = (
  { environment, variablesByPart }: KubernetesSettings,
  part?: "models" | "forges"
): Readonly<Record<string, string>> =>
  Object.fromEntries(
    Object.entries(environment).filter(([name]) =>
      ofLogs.has(name) || part !== undefined && variablesByPart[part].has(name)
    )
  )

const isOf = ({ variablesByPart }: KubernetesSettings, part: "models" | "forges") => (name: string): boolean =>
  variablesByPart[part].has(name) || variablesByPart.network.has(name)

const home = { HOME: "/home/nominal" }

// Not the volume itself, which everybody in the container may write to.
const workspace = { WORKSPACE_BASE_DIR: "/workspace/nominal-code", ...home, TMPDIR: "/tmp" }

// The pod bounds its calls of the model by it.
const deadline = ({ activeDeadline }: KubernetesSettings) => ({
  JOBS_DEADLINE_SECONDS: String(Duration.toSeconds(activeDeadline))
})

const sockets = {
  REVIEW_AGENT_SOCKET: "/run/nominal/agent/socket",
  REVIEW_MODEL_SOCKET: "/run/nominal/models/socket"
}

/** Variables of the container that reviews. A Redis password is in a Secret only: whoever reads Jobs could read it here. */
const review = ({ kubernetes, redis }: EnvironmentSettings, payload: string): Readonly<Record<string, string>> => ({
  REVIEW_JOB_PAYLOAD: payload,
  ...(holdsPassword(Redacted.value(redis.url)) ? {} : { REDIS_URL: Redacted.value(redis.url) }),
  ...workspace,
  ...deadline(kubernetes),
  ...kubernetes.environment
})

/** The environment of the container that does all of a review. */
export const podEnvironment = (settings: EnvironmentSettings, payload: string): Array<EnvironmentVariable> => [
  ...plain(review(settings, payload)),
  ...fromSecrets(settings.kubernetes)
]

/** The environment of the publisher: as of the one container, but for the models' keys. */
export const publisherEnvironment = (settings: EnvironmentSettings, payload: string): Array<EnvironmentVariable> => [
  ...plain({ ...review(settings, payload), ...sockets }),
  ...fromSecrets(settings.kubernetes, (name) => !settings.kubernetes.variablesByPart.models.has(name))
]

/** The environment of the container that calls the models. */
export const modelsEnvironment = ({ kubernetes }: EnvironmentSettings): Array<EnvironmentVariable> => [
  ...plain({
    ...home,
    TMPDIR: home.HOME,
    ...deadline(kubernetes),
    ...settingsFor(kubernetes, "models"),
    REVIEW_MODEL_SOCKET: sockets.REVIEW_MODEL_SOCKET
  }),
  ...fromSecrets(kubernetes, isOf(kubernetes, "models"))
]

/** The environment of the container that fetches the commits. */
export const checkoutEnvironment = (
  { kubernetes }: EnvironmentSettings,
  payload: string
): Array<EnvironmentVariable> => [
  ...plain({ REVIEW_JOB_PAYLOAD: payload, ...workspace, ...settingsFor(kubernetes, "forges") }),
  ...fromSecrets(kubernetes, isOf(kubernetes, "forges"))
]

/** The environment of the agent: none of the secrets, and no address. */
export const agentEnvironment = ({ kubernetes }: EnvironmentSettings): Array<EnvironmentVariable> => [
  ...plain({
    ...home,
    TMPDIR: home.HOME,
    ...settingsFor(kubernetes),
    REVIEW_AGENT_SOCKET: sockets.REVIEW_AGENT_SOCKET
  })
]
