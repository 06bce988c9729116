import type { ProviderName } from "@nominal-code/domain/settings/ReviewSettings"

/**
 * Default model of each provider that has one. A local server, an endpoint of one's own and Azure have what was put
 * there.
 */
export const defaultModels = {
  anthropic: "claude-sonnet-5-5",
  openai: "gpt-6.2-sol",
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

const retired = (on: string, successors: Readonly<Record<string, string>>) =>
  Object.entries(successors).map(([model, successor]) => [model, { on, successor }] as const)

/**
 * Retired models and their successors, as the services announce them: the deprecation pages of Anthropic, OpenAI, Google,
 * DeepSeek and Groq, and xAI's migration guide (read, or quoted by who read them, in October and November 2026). Where a
 * service's own successor is an older model than its present one, that one is named.
 */
export const retirements: ReadonlyMap<string, Retirement> = new Map([
  ...retired("2026-06-15", { "claude-sonnet-4": "claude-sonnet-5-5", "claude-opus-4": "claude-opus-5-5" }),
  ...retired("2026-08-05", { "claude-opus-4-1": "claude-opus-5-5" }),
  ...retired("2026-10-23", { "gpt-4.1-nano": "gpt-6-luna", "o3-mini": "gpt-6.2-sol", "o4-mini": "gpt-6.1-terra" }),
  ...retired("2026-12-11", {
    "gpt-5": "gpt-6.2-sol",
    "gpt-5-mini": "gpt-6.1-terra",
    "gpt-5-nano": "gpt-6-luna",
    "o3": "gpt-6.2-sol"
  }),
  ...retired("2027-01-14", {
    "gpt-4.1": "gpt-6.2-sol",
    "gpt-4.1-mini": "gpt-6-luna",
    "gpt-4o": "gpt-6.2-sol",
    "gpt-4o-mini": "gpt-6-luna"
  }),
  ...retired("2027-04-01", { "gpt-5.1": "gpt-6.2-sol" }),
  ...retired("2026-06-01", { "gemini-2.0-flash": "gemini-3.8-flash" }),
  ...retired("2026-12-01", { "gemini-2.5-flash": "gemini-3.5-flash-lite", "gemini-2.5-pro": "gemini-3.8-flash" }),
  ...retired("2026-07-24", { "deepseek-chat": "deepseek-flash", "deepseek-reasoner": "deepseek-flash" }),
  ...retired("2026-08-16", {
    "llama-3.1-8b-instant": "openai/gpt-oss-120b",
    "llama-3.3-70b-versatile": "openai/gpt-oss-120b"
  }),
  ...retired("2026-05-15", {
    "grok-3": "grok-4.7",
    "grok-4-0709": "grok-4.7",
    "grok-4-fast-reasoning": "grok-4.7",
    "grok-4-fast-non-reasoning": "grok-4.7",
    "grok-code-fast-1": "grok-4.7"
  }),
  ...retired("2026-05-31", { "devstral-medium-2507": "mistral-medium-3.5" })
])

const snapshot = /[-@](?:\d{8}|\d{4}-\d{2}-\d{2}|latest)$/

/** Retirement of a model, also under the name of one of its dated snapshots; undefined: none is known. */
export const retirementOf = (model: string): Retirement | undefined =>
  retirements.get(model) ?? retirements.get(model.replace(snapshot, ""))
