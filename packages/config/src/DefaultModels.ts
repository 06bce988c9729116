import type { ProviderName } from "@nominal-code/domain/ReviewSettings"

/**
 * Default model of each provider that has one. A local server, an endpoint of one's own and Azure have what was put
 * there.
 */
export const defaultModels = {
  anthropic: "claude-sonnet-5-5",
  openai: "gpt-6.1-sol",
  google: "gemini-3.8-flash",
  bedrock: "global.anthropic.claude-sonnet-5-5",
  vertex: "gemini-3.8-flash",
  deepseek: "deepseek-flash",
  groq: "openai/gpt-oss-120b",
  together: "zai-org/GLM-5.3",
  fireworks: "accounts/fireworks/models/glm-5p3",
  openrouter: "anthropic/claude-sonnet-5.5",
  mistral: "mistral-medium-3.5",
  xai: "grok-4.7"
} as const satisfies Partial<Record<ProviderName, string>>

/** Default models of explorers, which read much and judge nothing. Other providers have no smaller model of their own. */
export const explorerModels: Partial<Record<ProviderName, string>> = {
  anthropic: "claude-haiku-5-5",
  openai: "gpt-6-luna",
  google: "gemini-3.5-flash-lite",
  bedrock: "global.anthropic.claude-haiku-5-5",
  vertex: "gemini-3.5-flash-lite"
}

const table: Partial<Record<ProviderName, string>> = defaultModels

/** Default model of a provider; undefined: it has to be named. */
export const defaultModelOf = (provider: ProviderName): string | undefined => table[provider]

/** End of a model at its service, and the model to take then. */
export interface Retirement {
  /** ISO date. */
  readonly on: string
  readonly successor: string
}

/** Retired models, as the services' deprecation pages announce them (read in November 2026). */
const retirements: ReadonlyMap<string, Retirement> = new Map([
  ["gemini-2.5-flash", { on: "2026-12-01", successor: "gemini-3.8-flash" }],
  ["gemini-2.5-pro", { on: "2026-12-01", successor: "gemini-3.8-flash" }],
  ["gpt-4.1", { on: "2027-01-14", successor: "gpt-6.1-sol" }],
  ["gpt-4.1-mini", { on: "2027-01-14", successor: "gpt-6-luna" }],
  ["gpt-4o", { on: "2027-01-14", successor: "gpt-6.1-sol" }],
  ["gpt-4o-mini", { on: "2027-01-14", successor: "gpt-6-luna" }],
  ["deepseek-chat", { on: "2026-07-24", successor: "deepseek-flash" }],
  ["deepseek-reasoner", { on: "2026-07-24", successor: "deepseek-flash" }]
])

/** Retirement of a model; undefined: none is known. */
export const retirementOf = (model: string): Retirement | undefined => retirements.get(model)
