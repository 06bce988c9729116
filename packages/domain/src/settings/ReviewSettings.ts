import { Schema } from "effect"
import { LifecycleKind } from "../event/PullRequestEvent.ts"
import { ChatServiceName } from "../model/ChatServices.ts"
import { SpendLimits } from "../model/SpendLimits.ts"
import { Severity } from "../review/Finding.ts"
import { costs } from "./Costs.ts"
import { filters } from "./Filters.ts"
import { reviewer as reviewerSettings } from "./Reviewer.ts"
import { fieldsOfJob } from "./Setting.ts"

/** The supported model services. */
export const ProviderName = Schema.Literals([
  "anthropic",
  "openai",
  "google",
  "bedrock",
  "vertex",
  "azure",
  ...ChatServiceName.literals
])
export type ProviderName = typeof ProviderName.Type

/** Name of a model service: one of the supported ones, or of a pipeline's own. */
const ProviderId = Schema.String.check(Schema.isPattern(/^[a-z0-9.-]+$/))

/** Runners of an agent: our own loop over a provider's API, or Claude Code. */
export const RunnerName = Schema.Literals(["api", "claude-code"])
export type RunnerName = typeof RunnerName.Type

/** Provider of the agents that Claude Code runs. It is the account of its login, or of the key that it is given. */
export const claudeCode = "claude-code"

/** Model of an agent that Claude Code runs with the model of its user's plan. */
export const modelOfPlan = "default"

/** Runner of an agent. Jobs name it by their provider. */
export const runnerOf = ({ provider }: { readonly provider: string }): RunnerName =>
  provider === claudeCode ? "claude-code" : "api"

/** Effort that a model puts into its thoughts. */
export const Effort = Schema.Literals(["low", "medium", "high"])
export type Effort = typeof Effort.Type

/** A model, and the service that has it. */
export const ModelRef = Schema.Struct({
  /** A model service, or `claude-code`. */
  provider: ProviderId,
  model: Schema.NonEmptyString
})
export type ModelRef = typeof ModelRef.Type

/** Model of an agent and its limit of turns; 0: no limit. */
export const AgentSettings = Schema.Struct({
  ...ModelRef.fields,
  /** Models that go on in this order where the one before is away, in the middle of a review too. */
  fallback: Schema.optionalKey(Schema.Array(ModelRef)),
  maxTurns: Schema.Natural,
  /** `off`: the model is asked once, without tools. Absent: it has tools, unless it refuses them. */
  tools: Schema.optionalKey(Schema.Literal("off")),
  /** Absent: as the service sets it for the model. */
  effort: Schema.optionalKey(Effort),
  /** Size of the models' context windows in tokens. Absent: as the program knows it, or the service tells it. */
  contextWindow: Schema.optionalKey(Schema.Natural),
  /** Replaces the bundled role prompt. */
  systemPrompt: Schema.optionalKey(Schema.String)
})
export type AgentSettings = typeof AgentSettings.Type

/**
 * Settings that decide what a review says, without secrets. They travel with a job, so that a pod reviews exactly as
 * the server would: every setting that is declared with `travels: "job"`, and what is resolved out of several others.
 */
export const ReviewSettings = Schema.Struct({
  /** Empty where the bot has no name (a CI step, a terminal). */
  botUsername: Schema.String,
  reviewer: AgentSettings,
  /** Agent that answers questions. Absent in the jobs of an older server: `answererOf` tells who does. */
  answerer: Schema.optionalKey(AgentSettings),
  /** Agent that verifies findings. Absent in the jobs of an older server: `verifierOf` tells who does. */
  verifier: Schema.optionalKey(AgentSettings),
  /** Agent that looks something up for the reviewer. */
  explorer: AgentSettings,
  /** Bounds of a review's explorers: their number at the same time, and the dollars of each. Absent: it has none. */
  explorers: Schema.optionalKey(Schema.Struct({
    maxConcurrent: Schema.Int.check(Schema.isGreaterThan(0)),
    maxCostUsd: Schema.optionalKey(Schema.Finite)
  })),
  /** Events that start a review by themselves. Absent: not known. */
  triggers: Schema.optionalKey(Schema.Array(LifecycleKind)),
  ...fieldsOfJob(reviewerSettings),
  ...fieldsOfJob(costs),
  /** Filters of what is reviewed by itself. Absent: none. */
  filters: Schema.optionalKey(Schema.Struct(fieldsOfJob(filters))),
  codingGuidelines: Schema.String,
  /** Language (`python`, `go`, …) → its guidelines. Absent: the lists that come with the program that reviews. */
  languageGuidelines: Schema.optionalKey(Schema.Record(Schema.String, Schema.String)),
  /** The check on the commit fails while a finding of this severity or a worse one is open. Absent: it never fails. */
  failOn: Schema.optionalKey(Severity),
  /** Cost cap of one review in US dollars, all calls and attempts included. Absent: no cap. */
  maxCostUsd: Schema.optionalKey(Schema.Finite),
  /** Limits of several reviews together. */
  limits: Schema.optionalKey(SpendLimits)
})
export type ReviewSettings = typeof ReviewSettings.Type

/** Turns of an answer to a question, where nothing else is set. */
const usualTurns = 6

/** Turns of a verification, where nothing else is set. */
const turnsOfVerifier = 4

/** Settings of the agent that answers questions, by default the reviewer's with fewer turns. */
export const answererOf = ({ answerer, reviewer }: Pick<ReviewSettings, "answerer" | "reviewer">): AgentSettings =>
  answerer ?? { ...reviewer, maxTurns: reviewer.maxTurns === 0 ? usualTurns : Math.min(reviewer.maxTurns, usualTurns) }

/** Settings of the agent that verifies findings, by default the reviewer's with few turns and a prompt of its own. */
export const verifierOf = ({ reviewer, verifier }: Pick<ReviewSettings, "reviewer" | "verifier">): AgentSettings => {
  const { systemPrompt: _, ...usual } = reviewer
  return verifier ?? { ...usual, maxTurns: turnsOfVerifier }
}

/** Settings of the agents that a review has, the reviewer's first. */
export const reviewAgentsOf = (settings: ReviewSettings): ReadonlyArray<AgentSettings> => [
  settings.reviewer,
  ...(settings.verify ? [verifierOf(settings)] : []),
  ...(settings.explorers === undefined ? [] : [settings.explorer])
]

/** Settings of every agent that reviews and answers have, the reviewer's first. */
export const agentsOf = (settings: ReviewSettings): ReadonlyArray<AgentSettings> => [
  ...reviewAgentsOf(settings),
  answererOf(settings)
]

/** Every model that agents may ask, by default all that reviews and answers have. */
export const modelsOf = (settings: ReviewSettings, agents = agentsOf(settings)): ReadonlyArray<ModelRef> =>
  agents.flatMap(({ fallback = [], model, provider }) => [{ provider, model }, ...fallback])
