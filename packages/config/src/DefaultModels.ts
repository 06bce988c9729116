import type { ProviderName } from "@nominal-code/domain/ReviewSettings"

/** Default model of each provider. */
export const defaultModels: Record<ProviderName, string> = {
  anthropic: "claude-sonnet-5-5",
  openai: "gpt-4.1",
  google: "gemini-2.5-flash",
  deepseek: "deepseek-chat",
  groq: "llama-3.3-70b-versatile",
  together: "meta-llama/Llama-3.3-70B-Instruct-Turbo",
  fireworks: "accounts/fireworks/models/llama-v3p3-70b-instruct"
}
