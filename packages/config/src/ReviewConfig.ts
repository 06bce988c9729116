import { uselessPatterns } from "@nominal-code/domain/file/IgnorePatterns"
import { answererOf, type Effort, type ReviewSettings } from "@nominal-code/domain/settings/ReviewSettings"
import { type Setting, withJob } from "@nominal-code/domain/settings/Setting"
import { Option, Struct } from "effect"
import { resolveExplorers } from "./ExplorerConfig.ts"
import { warnOfIdleRoles } from "./IdleRoles.ts"
import { type Model, type Models, resolveFallback, resolveModelLimits, resolveModels } from "./ModelConfig.ts"
import type { Prompts } from "./PromptConfig.ts"
import type { Report } from "./Report.ts"
import type { Runner } from "./RunnerConfig.ts"
import { settings } from "./Settings.ts"
import { type Values, valuesOf } from "./Values.ts"

const { agent, answerer, costs, explorer, filters, reviewer, verifier } = settings

const withEffort = (effort: Option.Option<Effort>) =>
  Option.match(effort, { onNone: () => ({}), onSome: (effort) => ({ effort }) })

const withPrompt = (text: Option.Option<string>) =>
  Option.match(text, { onNone: () => ({}), onSome: (systemPrompt) => ({ systemPrompt }) })

const withFallback = (fallback: ReadonlyArray<Model>) => fallback.length === 0 ? {} : { fallback }

const isSame = (a: Model, b: Model): boolean => a.model === b.model && a.provider === b.provider

/** Resolves the settings that the content of a review depends on. */
export const resolveReview = (runner: Runner, values: Values, prompts: Prompts, report: Report): ReviewSettings => {
  const models = resolveModels(runner, values, report)
  const fallback = resolveFallback(runner, values, report)
  warnOfIdleRoles(runner, values, report)
  const limits = resolveModelLimits([...Object.values(models), ...fallback], values, report)
  const maxCostUsd = values(agent.maxCostUsd)
  const spendLimits = Struct.omit(valuesOf(values)(costs), ["allowUnpriced", "prices"])
  for (const problem of uselessPatterns(values(reviewer.ignorePatterns))) report.warn(reviewer.ignorePatterns, problem)
  const failOn = values(reviewer.failOn)
  const { baseBranches, headBranches, paths } = filters
  for (const setting of [baseBranches, headBranches, paths]) {
    for (const problem of uselessPatterns(values(setting).map((entry) => entry.replace(/^!/, "")))) {
      report.warn(setting, problem)
    }
  }
  /** Settings of a role's agent, without its turns. */
  const agentOf = (role: keyof Models, effort: Setting<Option.Option<Effort>>) => ({
    ...models[role],
    ...withFallback(fallback.filter((model) => !isSame(model, models[role]))),
    ...limits,
    // What one model can be told, another may refuse.
    ...withEffort(
      Option.orElse(values(effort), () => isSame(models[role], models.reviewer) ? values(agent.effort) : Option.none())
    ),
    ...withPrompt(prompts[role])
  })
  const reviewerAgent = { ...agentOf("reviewer", agent.reviewerEffort), maxTurns: values(agent.maxTurns) }
  return {
    ...valuesOf(values)(withJob(reviewer)),
    ...valuesOf(values)(withJob(costs)),
    filters: valuesOf(values)(filters),
    botUsername: Option.getOrElse(values(reviewer.botUsername), () => ""),
    reviewer: reviewerAgent,
    answerer: {
      ...agentOf("answerer", answerer.effort),
      maxTurns: Option.getOrElse(values(answerer.maxTurns), () => answererOf({ reviewer: reviewerAgent }).maxTurns)
    },
    verifier: { ...agentOf("verifier", verifier.effort), maxTurns: values(verifier.maxTurns) },
    explorer: { ...agentOf("explorer", explorer.effort), maxTurns: values(explorer.maxTurns) },
    ...resolveExplorers(runner, values, report),
    codingGuidelines: Option.getOrElse(prompts.codingGuidelines, () => ""),
    ...Option.match(prompts.languageGuidelines, {
      onNone: () => ({}),
      onSome: (languageGuidelines) => ({ languageGuidelines })
    }),
    ...(failOn === "never" ? {} : { failOn }),
    limits: Object.fromEntries(Object.entries(spendLimits).filter(([, usd]) => usd > 0)),
    ...(maxCostUsd === 0 ? {} : { maxCostUsd })
  }
}
