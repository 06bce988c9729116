import type { ProviderName } from "@nominal-code/domain/ReviewSettings"

/** Default model of each provider that has one. A local server, and an endpoint of one's own, have what was put there. */
export const defaultModels = {
  anthropic: "claude-sonnet-5-5",
  openai: "gpt-4.1",
  google: "gemini-2.5-flash",
  deepseek: "deepseek-flash",
  groq: "openai/gpt-oss-120b",
  together: "zai-org/GLM-5.3",
  fireworks: "accounts/fireworks/models/glm-5p3",
  openrouter: "anthropic/claude-sonnet-5.5",
  mistral: "mistral-medium-3.5",
  xai: "grok-4.7"
} as const satisfies Partial<Record<ProviderName, string>>

const table: Partial<Record<ProviderName, string>> = defaultModels

/** Default model of a provider; undefined: it has to be named. */
export const defaultModelOf = (provider: ProviderName): string | undefined => table[provider]
