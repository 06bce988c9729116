import { holdsPassword } from "@nominal-code/domain/settings/RedisUrl"
import { nameOf, type SettingGroup } from "@nominal-code/domain/settings/Setting"
import { Duration, Option, Redacted } from "effect"
import type { JobSettings, Mode } from "./AppConfig.ts"
import type { KubernetesSettings, SecretVariable, VariablesByPart } from "./KubernetesSettings.ts"
import type { Report } from "./Report.ts"
import { proxyVariables } from "./Secrets.ts"
import { everySetting, ownSettings, settings } from "./Settings.ts"
import { type Values, valuesOf } from "./Values.ts"

const { jobs, kubernetes, redis } = settings

/** Default number of Jobs that a server observes at once. They cost it next to nothing. */
const jobsAtOnce = 256

/** The time that a run gets beyond its Job's deadline: for its pod to be placed, and for the Job to be removed. */
const besidesDeadline = Duration.minutes(15)

/** The time that a run gets beyond its Job's deadline where a queue admits the Job. */
const inQueue = Duration.days(7)

const checkSecrets = (values: Values, report: Report): void => {
  const url = values(redis.url)
  if (Option.isNone(url)) {
    report.problem(
      redis.url,
      "REDIS_URL is required when kubernetes config is set: the Jobs' queue, their results and the conversations are in Redis"
    )
  } else if (values(kubernetes.envFromSecrets).length === 0 && holdsPassword(Redacted.value(url.value))) {
    report.problem(
      kubernetes.envFromSecrets,
      "redis.url holds a password, which must not stand in a Job: put REDIS_URL into a Secret, and name the Secret here"
    )
  }
}

const namesOf = (...groups: ReadonlyArray<SettingGroup>): ReadonlySet<string> =>
  new Set(groups.flatMap((group) => Object.values(group)).flatMap(({ env }) => env))

const variablesByPart: VariablesByPart = {
  models: namesOf(
    ...Object.values(settings.providers).map(({ apiKey, baseUrl }) => ({ apiKey, baseUrl })),
    ...Object.values(settings.clouds)
  ),
  forges: namesOf(settings.github, settings.gitlab),
  network: new Set(proxyVariables)
}

const travelling = everySetting.filter(({ travels }) => travels === "pod")

/**
 * Entries of the Secrets that a review may need. Other entries, the webhook's secret for instance, do not reach a pod.
 * If there is one Secret only, what the server was given has to be in it, so that a missing entry shows in the pod's
 * events; but for the keys of models, because a job says which of them it needs.
 */
const secretVariables = (values: Values): ReadonlyArray<SecretVariable> => {
  const single = values(kubernetes.envFromSecrets).length === 1
  const required = travelling.filter((setting) =>
    single && ownSettings.includes(setting) && Option.isSome(values.given(setting))
  ).map(({ env: [name] }) => name)
  const redisUrl = Option.exists(values(redis.url), (url) => holdsPassword(Redacted.value(url)))
  const names = [
    ...travelling.filter(({ kind }) => kind.secret).flatMap(({ env }) => env),
    ...(redisUrl ? redis.url.env : []),
    ...proxyVariables
  ]
  return [...new Set(names)].map((name) => ({
    name,
    required: required.includes(name) || single && redis.url.env.includes(name)
  }))
}

/** Refuses isolation for agents that are no part of ours: Claude Code has to have the model's key. */
const checkIsolation = (values: Values, report: Report): void => {
  if (values(kubernetes.isolation) === "strict" && Option.contains(values(settings.agent.runner), "claude-code")) {
    report.problem(
      kubernetes.isolation,
      `strict is for agents of our own: Claude Code needs the model's key itself. Set ${
        nameOf(settings.agent.runner)
      } to api`
    )
  }
}

const ownLabel = /^(?:nominal-code\/|app\.kubernetes\.io\/(?:name|component)$|kueue\.x-k8s\.io\/queue-name$)/

const checkLabels = (values: Values, report: Report): void => {
  const own = Object.keys(values(kubernetes.labels)).filter((name) => ownLabel.test(name))
  if (own.length > 0) report.problem(kubernetes.labels, `the program itself sets ${own.join(", ")}`)
}

/** Settings for the pod by variable, without secrets. */
const environment = (values: Values): Readonly<Record<string, string>> =>
  Object.fromEntries(
    travelling.filter(({ kind }) => !kind.secret).flatMap((setting) =>
      Option.toArray(Option.map(values.given(setting), (text) => [setting.env[0], text] as const))
    )
  )

/** Settings of the Jobs with this image, unchecked. */
export const settingsOfJobs = (image: string, values: Values): KubernetesSettings => {
  const { limitsCpu, limitsMemory, requestsCpu, requestsMemory, ...given } = valuesOf(values)(kubernetes)
  return {
    ...given,
    image,
    secretVariables: secretVariables(values),
    variablesByPart,
    environment: environment(values),
    requests: { cpu: requestsCpu, memory: requestsMemory },
    limits: { cpu: limitsCpu, memory: limitsMemory }
  }
}

/** Resolves the settings of the Jobs; none if reviews run in this process. Only `serve` starts Jobs. */
export const resolveKubernetes = (mode: Mode, values: Values, report: Report): Option.Option<KubernetesSettings> =>
  Option.map(mode === "serve" ? values(kubernetes.image) : Option.none(), (image) => {
    checkSecrets(values, report)
    checkLabels(values, report)
    checkIsolation(values, report)
    return settingsOfJobs(image, values)
  })

/**
 * Resolves the limits of jobs. A Kubernetes Job has its own deadline, so the server's only covers what goes beyond it.
 * The Job runs on when the server ends, so the server's grace period is zero.
 */
export const resolveJobs = (values: Values, kubernetes: Option.Option<KubernetesSettings>): JobSettings => {
  const given = valuesOf(values)(jobs)
  return Option.match(kubernetes, {
    onNone: () => ({ ...given, maxConcurrent: Option.getOrElse(given.maxConcurrent, () => 2) }),
    onSome: ({ activeDeadline, queue }) => ({
      ...given,
      maxConcurrent: Option.getOrElse(given.maxConcurrent, () => jobsAtOnce),
      deadline: Duration.sum(activeDeadline, Option.isSome(queue) ? inQueue : besidesDeadline),
      gracePeriod: Duration.zero
    })
  })
}
