import { type AgentSettings, claudeCode, modelOfPlan, type ProviderName } from "@nominal-code/domain/ReviewSettings"
import { Option } from "effect"
import type { Mode, ProviderSettings } from "./AppConfig.ts"
import { defaultModelOf, retirementOf } from "./DefaultModels.ts"
import type { Report } from "./Report.ts"
import { installClaudeCode, type Runner } from "./RunnerConfig.ts"
import { nameOf, type Setting } from "./Setting.ts"
import { settings } from "./Settings.ts"
import { isProvider, providerNames } from "./settings/Providers.ts"
import { isClear } from "./Url.ts"
import type { Values } from "./Values.ts"

const { agent, providers } = settings

/** A model, and the service that has it. */
export interface Model {
  readonly provider: ProviderName | typeof claudeCode
  readonly model: string
}

const checkedProvider = (name: string, setting: Setting<unknown>, report: Report): ProviderName => {
  if (isProvider(name)) return name
  report.problem(setting, `Unknown ${setting.env[0]}: '${name}'. Available: ${providerNames.join(", ")}`)
  return "anthropic"
}

/** Warns of a model that its service retires. */
const checkedModel = (model: string, setting: Setting<unknown>, report: Report): string => {
  const retirement = retirementOf(model)
  if (retirement !== undefined) {
    report.warn(setting, `${model} is retired on ${retirement.on}: take ${retirement.successor} in its place`)
  }
  return model
}

/** The model of a role, or the provider's own. A provider without one needs the setting. */
const modelOf = (provider: ProviderName, setting: Setting<Option.Option<string>>, values: Values, report: Report) =>
  Option.getOrElse(Option.map(values(setting), (model) => checkedModel(model, setting, report)), () => {
    const usual = defaultModelOf(provider)
    if (usual !== undefined) return usual
    report.problem(setting, `must be set: the provider "${provider}" has no default model`)
    return "none"
  })

/** Models of the reviewer and of its explorers. */
interface Models {
  readonly reviewer: Model
  readonly explorer: Model
}

const claudeCodeModels = (values: Values): Models => {
  const model = Option.getOrElse(values(agent.model), () => modelOfPlan)
  return {
    reviewer: { provider: claudeCode, model },
    explorer: { provider: claudeCode, model: Option.getOrElse(values(agent.explorerModel), () => model) }
  }
}

/** Resolves the models of the reviewer and of its explorers, whose default is the reviewer's. */
export const resolveModels = ({ name }: Runner, values: Values, report: Report): Models => {
  if (name === "claude-code") return claudeCodeModels(values)
  const provider = Option.match(values(agent.provider), {
    onNone: () => "anthropic" as const,
    onSome: (name) => checkedProvider(name, agent.provider, report)
  })
  const reviewer = { provider, model: modelOf(provider, agent.model, values, report) }
  const own = Option.match(values(agent.explorerProvider), {
    onNone: () => provider,
    onSome: (name) => checkedProvider(name, agent.explorerProvider, report)
  })
  return {
    reviewer,
    explorer: {
      provider: own,
      // Another provider does not have the reviewer's model.
      model: own === provider
        ? Option.getOrElse(values(agent.explorerModel), () => reviewer.model)
        : modelOf(own, agent.explorerModel, values, report)
    }
  }
}

/** Resolves what the models can do, for every role. */
export const resolveModelLimits = (
  { explorer, reviewer }: { readonly reviewer: Model; readonly explorer: Model },
  values: Values,
  report: Report
): Pick<AgentSettings, "tools" | "contextWindow" | "effort"> => {
  const contextWindow = values(agent.contextWindow)
  if (Option.isNone(contextWindow) && [explorer, reviewer].some(({ provider }) => provider === "ollama")) {
    report.warn(
      agent.contextWindow,
      "not set: Ollama cuts what is longer than its OLLAMA_CONTEXT_LENGTH without a word, so set this to the same number"
    )
  }
  return {
    ...Option.match(values(agent.effort), { onNone: () => ({}), onSome: (effort) => ({ effort }) }),
    ...(values(agent.tools) === "off" ? { tools: "off" } : {}),
    ...Option.match(contextWindow, { onNone: () => ({}), onSome: (contextWindow) => ({ contextWindow }) })
  }
}

/** True if Claude Code would review, were it found. */
const canUseClaudeCode = (values: Values): boolean =>
  [agent.runner, agent.provider, settings.kubernetes.image].every((setting) => Option.isNone<unknown>(values(setting)))

/**
 * Resolves key and URL of each provider in use. A server and a terminal know which these are. A job brings its models
 * with it, so a pod takes every provider that it has a key or a URL for, and a missing key fails only the call that
 * needs it.
 */
export const resolveProviders = (
  mode: Mode,
  used: ReadonlyArray<string>,
  values: Values,
  report: Report
): ReadonlyArray<ProviderSettings> =>
  (mode === "run-job" ? providerNames : [...new Set(used)].filter(isProvider)).flatMap((name) => {
    const { apiKey, baseUrl, needsKey, usualUrl } = providers[name]
    const key = values(apiKey)
    if (Option.isNone(key) && needsKey) {
      // Where nobody else is reviewed for, the pipeline may have a provider of its own.
      if (mode === "serve") {
        const why = `${nameOf(apiKey)} must be set: the provider "${name}" needs its key`
        const isChosen = Option.isSome(values(agent.provider))
        const others = providerNames.filter((other) => !isChosen && Option.isSome(values(providers[other].apiKey)))
          .map((other) => `${nameOf(providers[other].apiKey)} is set: AGENT_PROVIDER=${other} uses it`)
        report.problem(
          apiKey,
          [why, ...others, ...(canUseClaudeCode(values) ? [`Or ${installClaudeCode}`] : [])].join(". ")
        )
      }
      return []
    }
    const given = values(baseUrl)
    if (Option.exists(given, isClear)) {
      report.warn(baseUrl, "the key and the code under review go there unencrypted: use https where you can")
    }
    const url = Option.orElse(given, () => usualUrl)
    if (name === "openai-compatible" && Option.isNone(url)) {
      if (mode !== "run-job") report.problem(baseUrl, `must be set: the provider "${name}" has no usual address`)
      return []
    }
    return [{ name, apiKey: key, baseUrl: url }]
  })
