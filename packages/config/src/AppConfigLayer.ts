import { modelsOf } from "@nominal-code/domain/settings/ReviewSettings"
import { Effect, type FileSystem, Layer, type LogLevel, type Path } from "effect"
import { AppConfig, type Mode } from "./AppConfig.ts"
import { ConfigError } from "./ConfigError.ts"
import { readConfigFile } from "./ConfigFile.ts"
import { dataDirectory, workspaceDirectory } from "./Directories.ts"
import { resolveGitHub, resolveWebhook } from "./GitHubConfig.ts"
import { resolveGitLab } from "./GitLabConfig.ts"
import { resolveJobs, resolveKubernetes } from "./KubernetesConfig.ts"
import { resolveMetrics } from "./MetricsConfig.ts"
import { resolveProviders, resolveRates, warnOfIdlePrices } from "./ModelConfig.ts"
import { refusePlaceholders } from "./Placeholders.ts"
import { resolvePolicy } from "./PolicyConfig.ts"
import { resolvePrompts } from "./PromptConfig.ts"
import { proxyWarnings } from "./Proxy.ts"
import { resolveReconcile } from "./ReconcileConfig.ts"
import { resolveRedis, resolveStorage } from "./RedisConfig.ts"
import { makeReport, type Report } from "./Report.ts"
import { resolveReview } from "./ReviewConfig.ts"
import { resolveClaudeCode, resolveRunner } from "./RunnerConfig.ts"
import { knownSecrets } from "./Secrets.ts"
import { settingOrigins } from "./SettingOrigins.ts"
import { settings } from "./Settings.ts"
import { resolveTracing } from "./TracingConfig.ts"
import { unknownKeys } from "./UnknownKeys.ts"
import { type Flags, readValues, type Values, valuesOf } from "./Values.ts"
import { doubtfulVariables } from "./VariableNames.ts"

const { costs, process, redis, reviewer, storage, workspace } = settings

const logLevels: Readonly<Record<string, LogLevel.LogLevel>> = {
  TRACE: "Trace",
  DEBUG: "Debug",
  INFO: "Info",
  WARN: "Warn",
  WARNING: "Warn",
  ERROR: "Error",
  FATAL: "Fatal",
  CRITICAL: "Fatal"
}

const resolveLogLevel = (values: Values, report: Report): LogLevel.LogLevel => {
  const name = values(process.logLevel)
  const level = logLevels[name.toUpperCase()]
  if (level === undefined) report.warn(process.logLevel, `"${name}" is no level, so INFO holds`)
  return level ?? "Info"
}

/*
 * An engine of our own in place of Effect's `Config`, which stops at the first error, and knows one name for each
 * value. Here every wrong value is reported at once, by its YAML path and its variable, with where it came from and
 * never with a secret. One declaration in `settings/` is a setting: its type, names, default, sentence, and whether it
 * travels to a pod. The decoding, `_FILE`, the search for unknown keys and misspelled variables, the JSON Schema,
 * docs/configuration.md, the pod's environment, what travels with a job, the type of `AppConfig` and the defaults of the
 * tests follow from it. The environment itself is read through Effect's `ConfigProvider`.
 */

/**
 * Reads the configuration for one kind of process: defaults, then the YAML file, then the environment, then `flags`
 * (by YAML path). Fails with everything that is wrong at once.
 */
export const load = Effect.fn("AppConfig.load")(function*(mode: Mode, flags: Flags = {}) {
  const report = makeReport()
  const doubtful = yield* doubtfulVariables
  const file = yield* readConfigFile(mode)
  const { secrets, values } = yield* readValues(file, flags, report)
  const runner = yield* resolveRunner(mode, values, report)
  const review = resolveReview(runner, values, yield* resolvePrompts(values, report), report)
  const models = modelsOf(review)
  const used = models.map(({ provider }) => provider)
  warnOfIdlePrices(mode, models, values, report)
  refusePlaceholders(mode, used, values, report)
  const kubernetes = resolveKubernetes(mode, values, report)
  const github = yield* resolveGitHub(mode, values, report)
  const policy = resolvePolicy(mode, values, report)
  const dataDir = yield* dataDirectory(values, report)
  const config = AppConfig.of({
    dataDir,
    storage: resolveStorage(values, report),
    transcripts: values(storage.transcripts),
    redis: resolveRedis(values),
    github,
    gitlab: resolveGitLab(mode, values, report),
    webhook: resolveWebhook(mode, values, report),
    metrics: resolveMetrics(values, report),
    tracing: resolveTracing(values, report),
    policy,
    quotas: valuesOf(values)(settings.quotas),
    reviewer: valuesOf(values)(reviewer),
    costs: valuesOf(values)(costs),
    kubernetes,
    jobs: resolveJobs(values, kubernetes),
    reconcile: resolveReconcile(values, report),
    workspace: {
      ...valuesOf(values)(workspace),
      baseDir: yield* workspaceDirectory(values, dataDir, report)
    },
    providers: resolveProviders(mode, used, values, report),
    rates: resolveRates(mode, used, values, report),
    claudeCode: resolveClaudeCode(mode, runner, values),
    review: { ...review, triggers: policy.triggers },
    origins: settingOrigins(values),
    conversationTtl: values(redis.keyTtl),
    logLevel: resolveLogLevel(values, report),
    logFormat: values(process.logFormat),
    secrets: yield* knownSecrets(secrets, github),
    warnings: [...report.warnings, ...yield* proxyWarnings, ...doubtful]
  })
  const problems = [...unknownKeys(file), ...report.problems()]
  return problems.length === 0 ? config : yield* new ConfigError({ problems: [...problems, ...doubtful] })
})

/** The configuration of one kind of process. */
export const layer = (
  mode: Mode,
  flags?: Flags
): Layer.Layer<AppConfig, ConfigError, FileSystem.FileSystem | Path.Path> => Layer.effect(AppConfig, load(mode, flags))
