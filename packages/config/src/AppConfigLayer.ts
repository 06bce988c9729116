import { uselessPatterns } from "@nominal-code/domain/IgnorePatterns"
import type { ReviewSettings } from "@nominal-code/domain/ReviewSettings"
import { Duration, Effect, type FileSystem, Layer, type LogLevel, Option, type Path } from "effect"
import { AppConfig, type Mode } from "./AppConfig.ts"
import { ConfigError } from "./ConfigError.ts"
import { readConfigFile } from "./ConfigFile.ts"
import { dataDirectory, workspaceDirectory } from "./Directories.ts"
import { resolveGitHub, resolveWebhook } from "./GitHubConfig.ts"
import { resolveGitLab } from "./GitLabConfig.ts"
import { resolveJobs, resolveKubernetes } from "./KubernetesConfig.ts"
import { resolveModels, resolveProviders } from "./ModelConfig.ts"
import { refusePlaceholders } from "./Placeholders.ts"
import { resolvePolicy } from "./PolicyConfig.ts"
import { resolvePrompts } from "./PromptConfig.ts"
import { resolveRedis, resolveStorage } from "./RedisConfig.ts"
import { makeReport, type Report } from "./Report.ts"
import { knownSecrets } from "./Secrets.ts"
import { settings } from "./Settings.ts"
import { unknownKeys } from "./UnknownKeys.ts"
import { refuseUnsupported } from "./UnsupportedSettings.ts"
import { type Flags, readValues, type Values } from "./Values.ts"
import { doubtfulVariables } from "./VariableNames.ts"

const { agent, process, redis, reviewer, storage } = settings

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

const reviewSettings = Effect.fnUntraced(function*(values: Values, report: Report): Effect.fn.Return<
  ReviewSettings,
  never,
  FileSystem.FileSystem | Path.Path
> {
  const models = resolveModels(values, report)
  const prompts = yield* resolvePrompts(values, report)
  const maxCostUsd = values(agent.maxCostUsd)
  const ignorePatterns = values(reviewer.ignorePatterns)
  for (const problem of uselessPatterns(ignorePatterns)) report.warn(reviewer.ignorePatterns, problem)
  const prompt = (text: Option.Option<string>) => Option.isSome(text) ? { systemPrompt: text.value } : {}
  return {
    botUsername: Option.getOrElse(values(reviewer.botUsername), () => ""),
    reviewer: { ...models.reviewer, maxTurns: values(agent.maxTurns), ...prompt(prompts.reviewer) },
    explorer: { ...models.explorer, maxTurns: values(agent.explorerMaxTurns), ...prompt(prompts.explorer) },
    inlineSuggestions: values(reviewer.inlineSuggestions),
    ignorePatterns,
    dryRun: values(reviewer.dryRun),
    ignoreExistingComments: values(reviewer.ignoreExistingComments),
    codingGuidelines: Option.getOrElse(prompts.codingGuidelines, () => ""),
    languageGuidelines: prompts.languageGuidelines,
    ...(maxCostUsd === 0 ? {} : { maxCostUsd })
  }
})

/*
 * Why this is not Effect's `Config`: that one stops at the first error, and knows one name for each value. Here every
 * wrong value is reported at once, by its YAML path and its variable, with where it came from and never with a secret.
 * One line in `settings/` declares a setting: its type, names, default and sentence; the decoding, the search for
 * unknown keys and misspelled variables, the JSON Schema and docs/configuration.md follow from it. The environment
 * itself is read through Effect's `ConfigProvider`.
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
  refuseUnsupported(mode, values, report)
  const review = yield* reviewSettings(values, report)
  const used = [review.reviewer.provider, review.explorer.provider]
  refusePlaceholders(mode, used, values, report)
  const kubernetes = resolveKubernetes(mode, values, report)
  const github = yield* resolveGitHub(mode, values, report)
  const config = AppConfig.of({
    dataDir: yield* dataDirectory(values, report),
    storage: resolveStorage(values, report),
    redis: resolveRedis(values),
    github,
    gitlab: resolveGitLab(mode, values, report),
    webhook: resolveWebhook(mode, values, report),
    policy: resolvePolicy(mode, values, report),
    onPush: values(reviewer.onPush),
    kubernetes,
    jobs: resolveJobs(values, kubernetes),
    workspace: {
      baseDir: yield* workspaceDirectory(values, report),
      maxBytes: values(storage.workspaceBytes),
      maxAge: Duration.hours(values(storage.workspaceHours))
    },
    providers: resolveProviders(mode, used, values, report),
    review,
    conversationTtl: Duration.seconds(values(redis.keyTtl)),
    logLevel: resolveLogLevel(values, report),
    secrets: yield* knownSecrets(secrets, github),
    warnings: [...report.warnings, ...doubtful]
  })
  const problems = [...unknownKeys(file), ...report.problems()]
  return problems.length === 0 ? config : yield* new ConfigError({ problems })
})

/** The configuration of one kind of process. */
export const layer = (
  mode: Mode,
  flags?: Flags
): Layer.Layer<AppConfig, ConfigError, FileSystem.FileSystem | Path.Path> => Layer.effect(AppConfig, load(mode, flags))
