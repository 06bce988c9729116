import { uselessPatterns } from "@nominal-code/domain/IgnorePatterns"
import type { ReviewSettings } from "@nominal-code/domain/ReviewSettings"
import { Option, Struct } from "effect"
import { resolveModelLimits, resolveModels } from "./ModelConfig.ts"
import type { Prompts } from "./PromptConfig.ts"
import type { Report } from "./Report.ts"
import type { Runner } from "./RunnerConfig.ts"
import { settings } from "./Settings.ts"
import { type Values, valuesOf } from "./Values.ts"

const { agent, costs, reviewer } = settings

/** Resolves what decides what a review says. */
export const resolveReview = (runner: Runner, values: Values, prompts: Prompts, report: Report): ReviewSettings => {
  const models = resolveModels(runner, values, report)
  const limits = resolveModelLimits(models, values, report)
  const maxCostUsd = values(agent.maxCostUsd)
  const spendLimits = Struct.omit(valuesOf(values)(costs), ["allowUnpriced", "prices"])
  for (const problem of uselessPatterns(values(reviewer.ignorePatterns))) report.warn(reviewer.ignorePatterns, problem)
  const failOn = values(reviewer.failOn)
  const prompt = (text: Option.Option<string>) => Option.isSome(text) ? { systemPrompt: text.value } : {}
  return {
    ...Struct.omit(valuesOf(values)(reviewer), ["onPush", "triggers", "reviewLabel", "check", "failOn"]),
    botUsername: Option.getOrElse(values(reviewer.botUsername), () => ""),
    reviewer: { ...models.reviewer, ...limits, maxTurns: values(agent.maxTurns), ...prompt(prompts.reviewer) },
    explorer: { ...models.explorer, ...limits, maxTurns: values(agent.explorerMaxTurns), ...prompt(prompts.explorer) },
    codingGuidelines: Option.getOrElse(prompts.codingGuidelines, () => ""),
    languageGuidelines: prompts.languageGuidelines,
    ...(failOn === "never" ? {} : { failOn }),
    limits: Object.fromEntries(Object.entries(spendLimits).filter(([, usd]) => usd > 0)),
    prices: values(costs.prices),
    ...(maxCostUsd === 0 ? {} : { maxCostUsd })
  }
}
