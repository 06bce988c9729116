import { AppConfig, type RedisSettings } from "@nominal-code/config/AppConfig"
import { resolveJobs, settingsOfJobs } from "@nominal-code/config/KubernetesConfig"
import type { KubernetesSettings } from "@nominal-code/config/KubernetesSettings"
import { resolvePolicy } from "@nominal-code/config/PolicyConfig"
import type { Prompts } from "@nominal-code/config/PromptConfig"
import { makeReport } from "@nominal-code/config/Report"
import { resolveReview } from "@nominal-code/config/ReviewConfig"
import { settings } from "@nominal-code/config/Settings"
import { defaults, valuesOf } from "@nominal-code/config/Values"
import type { ReviewSettings } from "@nominal-code/domain/settings/ReviewSettings"
import { Layer, Option, Redacted, Struct } from "effect"

const { costs, metrics, reconcile, redis, reviewer, tracing, webhook, workspace } = settings

const byDefault = valuesOf(defaults)

/** A Redis of which only the URL was set. */
export const redisAt = (url: string | Redacted.Redacted): RedisSettings => ({
  ...Struct.omit(byDefault(redis), ["keyTtl"]),
  url: typeof url === "string" ? Redacted.make(url) : url
})

const noPrompts: Prompts = {
  reviewer: Option.none(),
  explorer: Option.none(),
  answerer: Option.none(),
  verifier: Option.none(),
  codingGuidelines: Option.none(),
  languageGuidelines: Option.some({})
}

/** Settings of a review, with the default of each. */
export const reviewSettings: ReviewSettings = {
  ...resolveReview({ name: "api", program: Option.none() }, defaults, noPrompts, makeReport()),
  botUsername: "nominalbot"
}

/** Settings of the Jobs where only `kubernetes.image` is set, in this namespace. */
export const kubernetesSettings = (namespace: string): KubernetesSettings => ({
  ...settingsOfJobs("registry.example/nominal-code:v1", defaults),
  namespace,
  secretVariables: [{ name: "GITHUB_TOKEN", required: true }, { name: "ANTHROPIC_API_KEY", required: false }],
  environment: { GITHUB_API_BASE: "https://api.github.com" }
})

/** A whole configuration for tests, in which a test sets what it is about. It reaches nothing. */
export const testConfig = (given: Partial<AppConfig["Service"]> = {}): AppConfig["Service"] => ({
  dataDir: "/nowhere",
  storage: "memory",
  transcripts: false,
  redis: Option.none(),
  kubernetes: Option.none(),
  github: Option.none(),
  gitlab: Option.none(),
  webhook: { ...byDefault(webhook), host: "127.0.0.1", port: 0 },
  metrics: byDefault(metrics),
  tracing: byDefault(tracing),
  policy: { ...resolvePolicy("review", defaults, makeReport()), botUsername: "nominalbot" },
  quotas: byDefault(settings.quotas),
  reviewer: byDefault(reviewer),
  costs: byDefault(costs),
  reconcile: byDefault(reconcile),
  jobs: { ...resolveJobs(defaults, Option.none()), maxConcurrent: 1 },
  workspace: { ...byDefault(workspace), baseDir: "/nowhere" },
  providers: [],
  rates: {},
  claudeCode: { program: Option.none(), apiKey: Option.none(), baseUrl: Option.none() },
  review: reviewSettings,
  origins: {},
  conversationTtl: defaults(redis.keyTtl),
  logLevel: "Info",
  logFormat: "text",
  secrets: [],
  warnings: [],
  ...given
})

export const layerTest = (settings?: Partial<AppConfig["Service"]>): Layer.Layer<AppConfig> =>
  Layer.succeed(AppConfig, testConfig(settings))
