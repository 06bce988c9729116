import { AppConfig, type RedisSettings } from "@nominal-code/config/AppConfig"
import type { KubernetesSettings } from "@nominal-code/config/KubernetesSettings"
import type { ReviewSettings } from "@nominal-code/domain/ReviewSettings"
import { Duration, Layer, Option, Redacted } from "effect"

const agent = { provider: "anthropic", model: "claude-sonnet-5-5", maxTurns: 8 } as const

/** A Redis of which only the URL was set. */
export const redisAt = (url: string | Redacted.Redacted): RedisSettings => ({
  url: typeof url === "string" ? Redacted.make(url) : url,
  sentinelPassword: Option.none(),
  shards: Option.none(),
  waitReplicas: 0
})

/** Settings of a review, with the default of each. */
export const reviewSettings: ReviewSettings = {
  botUsername: "nominalbot",
  reviewer: agent,
  explorer: agent,
  inlineSuggestions: true,
  ignorePatterns: [],
  dryRun: false,
  ignoreExistingComments: false,
  codingGuidelines: "",
  languageGuidelines: {}
}

/** Settings of the Jobs where only `kubernetes.image` is set, in this namespace. */
export const kubernetesSettings = (namespace: string): KubernetesSettings => ({
  image: "registry.example/nominal-code:v1",
  namespace,
  serviceAccount: Option.none(),
  imagePullPolicy: Option.none(),
  backoffLimit: 0,
  activeDeadline: Duration.seconds(600),
  ttlAfterFinished: Duration.seconds(3600),
  envFromSecrets: [],
  secretVariables: [{ name: "GITHUB_TOKEN", required: true }, { name: "ANTHROPIC_API_KEY", required: false }],
  environment: { GITHUB_API_BASE: "https://api.github.com" },
  requests: { cpu: Option.none(), memory: Option.none() },
  limits: { cpu: Option.none(), memory: Option.none() },
  labels: {},
  annotations: {},
  priorityClass: Option.none(),
  nodeSelector: {},
  tolerations: [],
  affinity: Option.none(),
  runtimeClass: Option.none(),
  imagePullSecrets: [],
  queue: Option.none()
})

/** A whole configuration for tests, in which a test sets what it is about. It reaches nothing. */
export const testConfig = (settings: Partial<AppConfig["Service"]> = {}): AppConfig["Service"] => ({
  dataDir: "/nowhere",
  storage: "memory",
  redis: Option.none(),
  kubernetes: Option.none(),
  github: Option.none(),
  gitlab: Option.none(),
  webhook: { host: "127.0.0.1", port: 0, allowUnsigned: false },
  policy: {
    botUsername: "nominalbot",
    allowedUsers: [],
    allowedRepos: [],
    titleIncludeTags: [],
    titleExcludeTags: [],
    triggers: []
  },
  onPush: "finish",
  jobs: {
    maxConcurrent: 1,
    maxAttempts: 3,
    giveUpAfter: Duration.hours(24),
    deadline: Duration.minutes(10),
    gracePeriod: Duration.seconds(30)
  },
  workspace: { baseDir: "/nowhere", maxBytes: 1024 ** 3, maxAge: Duration.days(1) },
  providers: [],
  review: reviewSettings,
  conversationTtl: Duration.days(1),
  logLevel: "Info",
  secrets: [],
  warnings: [],
  ...settings
})

export const layerTest = (settings?: Partial<AppConfig["Service"]>): Layer.Layer<AppConfig> =>
  Layer.succeed(AppConfig, testConfig(settings))
