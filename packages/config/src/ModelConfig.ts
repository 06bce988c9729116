import { ProviderName } from "@nominal-code/domain/ReviewSettings"
import { Option, Schema } from "effect"
import type { Mode, ProviderSettings } from "./AppConfig.ts"
import { defaultModels } from "./DefaultModels.ts"
import type { Report } from "./Report.ts"
import { nameOf, type Setting } from "./Setting.ts"
import { settings } from "./Settings.ts"
import { builtProviders, isBuilt } from "./settings/Providers.ts"
import { isClear } from "./Url.ts"
import type { Values } from "./Values.ts"

const { agent, providers } = settings

/** A model, and the service that has it. */
export interface Model {
  readonly provider: ProviderName
  readonly model: string
}

const isProvider = Schema.is(ProviderName)

const checkedProvider = (name: string, setting: Setting<unknown>, report: Report): ProviderName => {
  if (!isProvider(name)) {
    report.problem(setting, `Unknown ${setting.env[0]}: '${name}'. Available: ${builtProviders.join(", ")}`)
    return "anthropic"
  }
  if (!isBuilt(name)) {
    report.problem(setting, `this build cannot talk to "${name}" yet. Available: ${builtProviders.join(", ")}`)
  }
  return name
}

/** Resolves the models of the reviewer and of its explorers, whose default is the reviewer's. */
export const resolveModels = (
  values: Values,
  report: Report
): { readonly reviewer: Model; readonly explorer: Model } => {
  const provider = checkedProvider(values(agent.provider), agent.provider, report)
  const reviewer = { provider, model: Option.getOrElse(values(agent.model), () => defaultModels[provider]) }
  const own = Option.match(values(agent.explorerProvider), {
    onNone: () => provider,
    onSome: (name) => checkedProvider(name, agent.explorerProvider, report)
  })
  // Another provider does not have the reviewer's model.
  const usual = own === provider ? reviewer.model : defaultModels[own]
  return {
    reviewer,
    explorer: { provider: own, model: Option.getOrElse(values(agent.explorerModel), () => usual) }
  }
}

/**
 * Resolves key and URL of each provider in use. A server and a terminal know which these are. A job brings its models
 * with it, so a pod takes every key that is set, and a missing key fails only the call that needs it.
 */
export const resolveProviders = (
  mode: Mode,
  used: ReadonlyArray<string>,
  values: Values,
  report: Report
): ReadonlyArray<ProviderSettings> =>
  (mode === "run-job" ? builtProviders : [...new Set(used)].filter(isBuilt)).flatMap((name) => {
    const { apiKey, baseUrl, usualUrl } = providers[name]
    const key = values(apiKey)
    if (Option.isNone(key)) {
      // Where nobody else is reviewed for, the pipeline may have a provider of its own.
      if (mode === "serve") {
        report.problem(apiKey, `${nameOf(apiKey)} must be set: the provider "${name}" needs its key`)
      }
      return []
    }
    const url = values(baseUrl)
    if (Option.exists(url, isClear)) {
      report.warn(baseUrl, "the key and the code under review go there unencrypted: use https where you can")
    }
    return [{ name, apiKey: key.value, baseUrl: Option.orElse(url, () => usualUrl) }]
  })
