import { priceNamesOf } from "@nominal-code/domain/model/ModelPrice"
import {
  type AgentSettings,
  claudeCode,
  modelOfPlan,
  type ModelRef,
  type ProviderName
} from "@nominal-code/domain/settings/ReviewSettings"
import { nameOf, type Setting } from "@nominal-code/domain/settings/Setting"
import { Option } from "effect"
import { type AppConfig, type Mode, ofAnyModel, type ProviderSettings } from "./AppConfig.ts"
import { isCloud, isMissing, resolveCloud } from "./CloudConfig.ts"
import { defaultModelOf, explorerModels, retirementOf } from "./DefaultModels.ts"
import type { Report } from "./Report.ts"
import { installClaudeCode, type Runner } from "./RunnerConfig.ts"
import { settings } from "./Settings.ts"
import { isProvider, providerNames } from "./settings/Providers.ts"
import type { Role } from "./settings/Roles.ts"
import { isClear } from "./Url.ts"
import type { Values } from "./Values.ts"

const { agent, answerer, costs, explorer, providers, verifier } = settings

/** A model, and the service that has it. */
export interface Model extends ModelRef {
  readonly provider: ProviderName | typeof claudeCode
}

const available = `Available: ${providerNames.join(", ")}`

const checkedProvider = (name: string, setting: Setting<unknown>, report: Report): ProviderName => {
  if (isProvider(name)) return name
  report.problem(setting, `Unknown ${setting.env[0]}: '${name}'. ${available}`)
  return "anthropic"
}

/** Warns of a provider's name that is none, where another value holds. */
const warnOfOverridden = (values: Values, report: Report): void => {
  const warn = <A>(setting: Setting<A>, namesOf: (value: A) => ReadonlyArray<string>) => {
    for (const { idle, shown, value } of values.overridden(setting)) {
      const names = Option.match(value, { onNone: () => [], onSome: namesOf })
      if (!names.every(isProvider)) {
        report.warn(setting, `${shown} names no provider that is known. ${available}. ${idle}`)
      }
    }
  }
  for (const { provider } of [agent, answerer, verifier, explorer]) warn(provider, Option.toArray)
  warn(agent.fallback, (models) => models.map(providerIn))
  warn(agent.rates, Object.keys)
}

/** Name of the provider in a model that goes on: `PROVIDER` or `PROVIDER/MODEL`. */
const providerIn = (text: string): string => text.split("/")[0] ?? ""

/** Warns of a model that its service retires. */
const checkedModel = (model: string, setting: Setting<unknown>, report: Report): string => {
  const retirement = retirementOf(model)
  if (retirement !== undefined) {
    report.warn(setting, `${model} is retired on ${retirement.on}: take ${retirement.successor} in its place`)
  }
  return model
}

type Text = Setting<Option.Option<string>>

const modelIn = (setting: Text, values: Values, report: Report) =>
  Option.map(values(setting), (model) => checkedModel(model, setting, report))

/** The model of a role, or the provider's own. A provider without one needs the setting. */
const modelOf = (provider: ProviderName, setting: Text, values: Values, report: Report) =>
  Option.getOrElse(modelIn(setting, values, report), () => {
    const usual = defaultModelOf(provider)
    if (usual !== undefined) return usual
    report.problem(setting, `must be set: the provider "${provider}" has no default model`)
    return "none"
  })

/** Models of the roles. */
export type Models = Readonly<Record<"reviewer" | "answerer" | "verifier" | "explorer", Model>>

/** Resolves a role's model; `usual`: the providers' own models for the role, where the reviewer's is not set either. */
type RoleModel = (role: Role, reviewer: Model, usual?: Partial<Record<ProviderName, string>>) => Model

/** Model of a role of Claude Code. Its provider is that of every role. */
const ofClaudeCode = (values: Values): RoleModel => (role, { model, provider }) => ({
  provider,
  model: Option.getOrElse(values(role.model), () => model)
})

/** Model of a role on a provider's API. */
const ofProvider = (values: Values, report: Report): RoleModel => (role, reviewer, usual = {}) => {
  const provider = Option.match(values(role.provider), {
    onNone: () => reviewer.provider,
    onSome: (name) => checkedProvider(name, role.provider, report)
  })
  if (provider === claudeCode) return reviewer
  const isReviewers = provider === reviewer.provider
  // A gateway or a server of one's own need not have the usual model, and another provider does not have the reviewer's.
  const follows = isReviewers &&
    Option.isSome(Option.orElse(values(agent.model), () => values(providers[provider].baseUrl)))
  const own = Option.orElse(
    modelIn(role.model, values, report),
    () => follows ? Option.none() : Option.fromUndefinedOr(usual[provider])
  )
  const model = Option.getOrElse(
    own,
    () => isReviewers ? reviewer.model : modelOf(provider, role.model, values, report)
  )
  return { provider, model }
}

/** Provider where none is chosen: that of the only key there is, Anthropic if that says nothing. */
const unchosen = (values: Values, report: Report): ProviderName => {
  const isUsable = (name: ProviderName) =>
    defaultModelOf(name) !== undefined && Option.isSome(values.given(providers[name].apiKey))
  const [only = "anthropic", ...others] = providerNames.filter(isUsable)
  if (only === "anthropic" || others.length > 0) return "anthropic"
  report.warn(agent.provider, `not set: ${nameOf(providers[only].apiKey)} is the only key, so ${only} reviews`)
  return only
}

const reviewerOf = (values: Values, report: Report): Model => {
  const provider = Option.match(values(agent.provider), {
    onNone: () => unchosen(values, report),
    onSome: (name) => checkedProvider(name, agent.provider, report)
  })
  return { provider, model: modelOf(provider, agent.model, values, report) }
}

/** Resolves the models that go on where one is away. */
export const resolveFallback = (
  { name }: Runner,
  values: Values,
  report: Report
): ReadonlyArray<Model> => {
  const written = values(agent.fallback)
  if (name === "claude-code") {
    if (written.length > 0) report.warn(agent.fallback, "no effect: Claude Code runs the agents")
    return []
  }
  return written.map((text) => {
    const provider = checkedProvider(providerIn(text), agent.fallback, report)
    const model = text.split("/").slice(1).join("/")
    if (model !== "") return { provider, model: checkedModel(model, agent.fallback, report) }
    const usual = defaultModelOf(provider)
    if (usual !== undefined) return { provider, model: usual }
    report.problem(agent.fallback, `name a model: ${provider}/…. The provider "${provider}" has no default model`)
    return { provider, model: "none" }
  })
}

/** Resolves the rates at which models are asked. A pod may have rates of models that its job does not ask. */
export const resolveRates = (
  mode: Mode,
  used: ReadonlyArray<string>,
  values: Values,
  report: Report
): AppConfig["Service"]["rates"] => {
  const rates = values(agent.rates)
  const names = Object.keys(rates)
  for (const name of names) checkedProvider(name, agent.rates, report)
  const unused = ofAnyModel(mode) ? [] : names.filter((name) => isProvider(name) && !used.includes(name))
  if (used.includes(claudeCode)) {
    if (names.length > 0) report.warn(agent.rates, "no effect: Claude Code runs the agents")
  } else if (unused.length > 0) {
    report.warn(agent.rates, `no effect for ${unused.join(", ")}: no agent has a model there`)
  }
  return rates
}

/** Warns of prices of models that no agent has. Claude Code may run models that its user's plan chooses. */
export const warnOfIdlePrices = (mode: Mode, used: ReadonlyArray<ModelRef>, values: Values, report: Report): void => {
  if (mode !== "serve" || used.some(({ provider }) => provider === claudeCode)) return
  const names = new Set(used.flatMap(({ model }) => priceNamesOf(model)))
  const idle = Object.keys(values(costs.prices)).filter((name) => !names.has(name))
  if (idle.length > 0) report.warn(costs.prices, `no effect for ${idle.join(", ")}: no agent has a model of this name`)
}

/** Resolves the models of the roles. What a role does not set is the reviewer's. */
export const resolveModels = ({ name }: Runner, values: Values, report: Report): Models => {
  warnOfOverridden(values, report)
  const isClaudeCode = name === "claude-code"
  const reviewer = isClaudeCode
    ? { provider: claudeCode, model: Option.getOrElse(values(agent.model), () => modelOfPlan) } as const
    : reviewerOf(values, report)
  const own = isClaudeCode ? ofClaudeCode(values) : ofProvider(values, report)
  return {
    reviewer,
    answerer: own(answerer, reviewer),
    verifier: own(verifier, reviewer),
    explorer: own(explorer, reviewer, explorerModels)
  }
}

/** Resolves what the models can do, for every role. */
export const resolveModelLimits = (
  models: ReadonlyArray<Model>,
  values: Values,
  report: Report
): Pick<AgentSettings, "tools" | "contextWindow"> => {
  const contextWindow = values(agent.contextWindow)
  if (Option.isNone(contextWindow) && models.some(({ provider }) => provider === "ollama")) {
    report.warn(
      agent.contextWindow,
      "not set, so Ollama is asked for the window of the loaded model. Its default is too short for most reviews: set OLLAMA_CONTEXT_LENGTH where Ollama runs, and this one only if it cannot be asked"
    )
  }
  return {
    ...(values(agent.tools) === "off" ? { tools: "off" } : {}),
    ...Option.match(contextWindow, { onNone: () => ({}), onSome: (contextWindow) => ({ contextWindow }) })
  }
}

/** True if Claude Code would review, were it found. */
const canUseClaudeCode = (values: Values): boolean =>
  [agent.runner, agent.provider, settings.kubernetes.image].every((setting) => Option.isNone<unknown>(values(setting)))

/** Ways to review without the key of the reviewer's provider. */
const othersThan = (name: ProviderName, values: Values): ReadonlyArray<string> => {
  const isChosen = Option.isSome(values(agent.provider))
  const others = providerNames.filter((other) =>
    !isChosen && other !== name && Option.isSome(values(providers[other].apiKey))
  )
  return [
    ...others.map((other) => `${nameOf(providers[other].apiKey)} is set: AGENT_PROVIDER=${other} uses it`),
    ...(canUseClaudeCode(values) ? [`Or ${installClaudeCode}`] : [])
  ]
}

/**
 * Resolves key and URL of each provider in use, the reviewer's first. A server and a terminal know which these are. A job brings its models
 * with it, so a pod takes every provider that it has a key or a URL for, and a missing key fails only the call that
 * needs it.
 */
export const resolveProviders = (
  mode: Mode,
  used: ReadonlyArray<string>,
  values: Values,
  report: Report
): ReadonlyArray<ProviderSettings> => {
  if (!ofAnyModel(mode) && Option.isSome(values(agent.baseUrl)) && !used.includes("openai-compatible")) {
    report.warn(agent.baseUrl, "no effect: no agent has the provider openai-compatible")
  }
  return (ofAnyModel(mode) ? providerNames : [...new Set(used)].filter(isProvider)).flatMap(
    (name): ReadonlyArray<ProviderSettings> => {
      const { apiKey, baseUrl, needsKey, usualUrl } = providers[name]
      const key = values(apiKey)
      if (Option.isNone(key) && needsKey) {
        // Where nobody else is reviewed for, the pipeline may have a provider of its own.
        if (mode === "serve") {
          const why = `${nameOf(apiKey)} must be set: the provider "${name}" needs its key`
          report.problem(apiKey, [why, ...(name === used[0] ? othersThan(name, values) : [])].join(". "))
        }
        return []
      }
      const given = values(baseUrl)
      if (Option.exists(given, isClear)) {
        report.warn(baseUrl, "the key and the code under review go there unencrypted: use https where you can")
      }
      const url = Option.orElse(given, () => usualUrl)
      if (name === "openai-compatible" && Option.isNone(url)) {
        if (!ofAnyModel(mode)) report.problem(baseUrl, `must be set: the provider "${name}" has no usual address`)
        return []
      }
      if (!isCloud(name)) return [{ name, apiKey: key, baseUrl: url }]
      const cloud = resolveCloud(name, values, Option.isSome(key))
      if (!isMissing(cloud)) return [{ name, apiKey: key, baseUrl: url, cloud }]
      if (!ofAnyModel(mode)) report.problem(cloud.setting, cloud.why)
      return []
    }
  )
}
