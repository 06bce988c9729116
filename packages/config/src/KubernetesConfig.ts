import { holdsPassword } from "@nominal-code/domain/RedisUrl"
import { Duration, Option, Redacted } from "effect"
import type { JobSettings, KubernetesSettings, Mode, SecretVariable } from "./AppConfig.ts"
import type { Report } from "./Report.ts"
import { proxyVariables } from "./Secrets.ts"
import { settings } from "./Settings.ts"
import type { Values } from "./Values.ts"

const { github, gitlab, jobs, kubernetes, process, providers, redis } = settings

/** How many Jobs a server keeps an eye on at once, unless it is told: they cost it next to nothing. */
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
 * The entries of a Secret that a review may need. A Secret may hold more, the webhook's secret for instance, and none of that reaches
 * a pod. Of a single Secret it is known what it must hold, and its node says so if it does not.
 */
const secretVariables = (values: Values): ReadonlyArray<SecretVariable> => {
  const single = values(kubernetes.envFromSecrets).length === 1
  const redisUrl = Option.exists(values(redis.url), (url) => holdsPassword(Redacted.value(url)))
  const keys = Object.values(providers).flatMap(({ apiKey }) => apiKey.env)
  return [
    { name: github.token.env[0], required: single && Option.isSome(values(github.token)) },
    ...(redisUrl ? [{ name: redis.url.env[0], required: single }] : []),
    ...new Set([...github.privateKey.env, ...gitlab.token.env, ...keys, ...proxyVariables])
  ].map((one) => typeof one === "string" ? { name: one, required: false } : one)
}

const ownLabel = /^(?:nominal-code\/|app\.kubernetes\.io\/(?:name|component)$|kueue\.x-k8s\.io\/queue-name$)/

const labels = (values: Values, report: Report) => {
  const given = values(kubernetes.labels)
  const own = Object.keys(given).filter((name) => ownLabel.test(name))
  if (own.length > 0) report.problem(kubernetes.labels, `the program itself sets ${own.join(", ")}`)
  return given
}

/** What is set here and is no secret, by the variable that tells a pod the same. */
const environment = (values: Values): Readonly<Record<string, string>> => {
  const set = (name: string, value: Option.Option<unknown>) =>
    Option.match(value, { onNone: () => [], onSome: (value) => [[name, String(value)] as const] })
  const installation = values(github.installationId)
  return Object.fromEntries([
    ...set(github.apiBase.env[0], Option.some(values(github.apiBase))),
    ...set(github.appId.env[0], values(github.appId)),
    ...set(github.installationId.env[0], installation === 0 ? Option.none() : Option.some(installation)),
    ...set(gitlab.apiBase.env[0], values(gitlab.apiBase)),
    ...Object.values(providers).flatMap(({ baseUrl }) => set(baseUrl.env[0], values(baseUrl))),
    ...set(process.logLevel.env[0], Option.some(values(process.logLevel)))
  ])
}

/** What the Jobs are made of; none where reviews run in this process. Only `serve` starts Jobs. */
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
 * How much runs at once, and for how long. A Job has its own deadline, and the server's is there for what goes beyond
 * it; and it runs on when the server ends, which therefore waits for none.
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
