import { holdsPassword } from "@nominal-code/domain/RedisUrl"
import { Duration, Option, Redacted } from "effect"
import type { JobSettings, Mode } from "./AppConfig.ts"
import { gitlabBase } from "./GitLabConfig.ts"
import type { KubernetesSettings, SecretVariable } from "./KubernetesSettings.ts"
import type { Report } from "./Report.ts"
import { proxyVariables } from "./Secrets.ts"
import { settings } from "./Settings.ts"
import type { Values } from "./Values.ts"

const { github, gitlab, jobs, kubernetes, process, providers, redis } = settings

/** Default number of Jobs that a server observes at once. They cost it next to nothing. */
const jobsAtOnce = 256

/** The time that a run gets beyond its Job's deadline: for its pod to be placed, and for the Job to be removed. */
const besidesDeadline = Duration.minutes(15)

/** The time that a run gets beyond its Job's deadline where a queue admits the Job. */
const inQueue = Duration.days(7)

const secretNames = (values: Values, report: Report): ReadonlyArray<string> => {
  const names = values(kubernetes.envFromSecrets)
  const url = values(redis.url)
  if (Option.isNone(url)) {
    report.problem(
      redis.url,
      "REDIS_URL is required when kubernetes config is set: the Jobs' queue, their results and the conversations are in Redis"
    )
  } else if (names.length === 0 && holdsPassword(Redacted.value(url.value))) {
    report.problem(
      kubernetes.envFromSecrets,
      "redis.url holds a password, which must not stand in a Job: put REDIS_URL into a Secret, and name the Secret here"
    )
  }
  return names
}

/**
 * Entries of the Secrets that a review may need. Other entries, the webhook's secret for instance, do not reach a pod.
 * If there is one Secret only, its required entries are marked as such, so that a missing one shows in the pod's
 * events.
 */
const secretVariables = (values: Values): ReadonlyArray<SecretVariable> => {
  const single = values(kubernetes.envFromSecrets).length === 1
  const redisUrl = Option.exists(values(redis.url), (url) => holdsPassword(Redacted.value(url)))
  const keys = Object.values(providers).flatMap(({ apiKey }) => apiKey.env)
  return [
    ...[github.token, gitlab.token].map((token) => ({
      name: token.env[0],
      required: single && Option.isSome(values(token))
    })),
    ...(redisUrl ? [{ name: redis.url.env[0], required: single }] : []),
    ...new Set([...github.privateKey.env, ...keys, ...proxyVariables])
  ].map((one) => typeof one === "string" ? { name: one, required: false } : one)
}

const ownLabel = /^(?:nominal-code\/|app\.kubernetes\.io\/(?:name|component)$|kueue\.x-k8s\.io\/queue-name$)/

const labels = (values: Values, report: Report) => {
  const given = values(kubernetes.labels)
  const own = Object.keys(given).filter((name) => ownLabel.test(name))
  if (own.length > 0) report.problem(kubernetes.labels, `the program itself sets ${own.join(", ")}`)
  return given
}

/** Settings for the pod by variable, without secrets. */
const environment = (values: Values): Readonly<Record<string, string>> => {
  const set = (name: string, value: Option.Option<unknown>) =>
    Option.match(value, { onNone: () => [], onSome: (value) => [[name, String(value)] as const] })
  const installation = values(github.installationId)
  return Object.fromEntries([
    ...set(github.apiBase.env[0], Option.some(values(github.apiBase))),
    ...set(github.appId.env[0], values(github.appId)),
    ...set(github.installationId.env[0], installation === 0 ? Option.none() : Option.some(installation)),
    ...set(gitlab.apiBase.env[0], gitlabBase(values)),
    ...Object.values(providers).flatMap(({ baseUrl }) => set(baseUrl.env[0], values(baseUrl))),
    ...set(process.logLevel.env[0], Option.some(values(process.logLevel)))
  ])
}

/** Resolves the settings of the Jobs; none if reviews run in this process. Only `serve` starts Jobs. */
export const resolveKubernetes = (mode: Mode, values: Values, report: Report): Option.Option<KubernetesSettings> =>
  Option.map(mode === "serve" ? values(kubernetes.image) : Option.none(), (image) => ({
    image,
    namespace: values(kubernetes.namespace),
    serviceAccount: values(kubernetes.serviceAccount),
    imagePullPolicy: values(kubernetes.imagePullPolicy),
    backoffLimit: values(kubernetes.backoffLimit),
    activeDeadline: Duration.seconds(values(kubernetes.activeDeadline)),
    ttlAfterFinished: Duration.seconds(values(kubernetes.ttlAfterFinished)),
    envFromSecrets: secretNames(values, report),
    secretVariables: secretVariables(values),
    environment: environment(values),
    requests: { cpu: values(kubernetes.requestsCpu), memory: values(kubernetes.requestsMemory) },
    limits: { cpu: values(kubernetes.limitsCpu), memory: values(kubernetes.limitsMemory) },
    labels: labels(values, report),
    annotations: values(kubernetes.annotations),
    priorityClass: values(kubernetes.priorityClass),
    nodeSelector: values(kubernetes.nodeSelector),
    tolerations: values(kubernetes.tolerations),
    affinity: values(kubernetes.affinity),
    runtimeClass: values(kubernetes.runtimeClass),
    imagePullSecrets: values(kubernetes.imagePullSecrets),
    queue: values(kubernetes.queue)
  }))

/**
 * Resolves the limits of jobs. A Kubernetes Job has its own deadline, so the server's only covers what goes beyond it.
 * The Job runs on when the server ends, so the server's grace period is zero.
 */
export const resolveJobs = (values: Values, kubernetes: Option.Option<KubernetesSettings>): JobSettings => {
  const patience = { maxAttempts: values(jobs.maxAttempts), giveUpAfter: values(jobs.giveUpAfter) }
  const own = values(jobs.maxConcurrent)
  return Option.match(kubernetes, {
    onNone: () => ({
      maxConcurrent: Option.getOrElse(own, () => 2),
      ...patience,
      deadline: Duration.seconds(values(jobs.deadline)),
      gracePeriod: Duration.seconds(values(jobs.gracePeriod))
    }),
    onSome: ({ activeDeadline, queue }) => ({
      maxConcurrent: Option.getOrElse(own, () => jobsAtOnce),
      ...patience,
      deadline: Duration.sum(activeDeadline, Option.isSome(queue) ? inQueue : besidesDeadline),
      gracePeriod: Duration.zero
    })
  })
}
