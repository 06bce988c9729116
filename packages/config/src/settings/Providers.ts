import { type ChatServiceName, chatServices } from "@nominal-code/domain/model/ChatServices"
import { ProviderName } from "@nominal-code/domain/settings/ReviewSettings"
import { optional, type Setting } from "@nominal-code/domain/settings/Setting"
import { secret, word } from "@nominal-code/domain/settings/SettingType"
import { Option, type Redacted, Schema } from "effect"
import { endpoint } from "../Url.ts"
import { agent } from "./Review.ts"

/** Settings of a provider: its key, and its URL if it is not the usual one. */
export interface Provider {
  readonly apiKey: Setting<Option.Option<Redacted.Redacted>>
  readonly baseUrl: Setting<Option.Option<string>>
  /** Usual URL. None: the SDK's default, or none at all. */
  readonly usualUrl: Option.Option<string>
  /** False for servers that run without a key. */
  readonly needsKey: boolean
}

type Variables = readonly [string, ...Array<string>]

const key = secret(word("key", "a key: visible ASCII characters only", /^[\x21-\x7e]+$/))

const provider = (
  name: string,
  keyVariable: string,
  urls: Variables,
  usualUrl?: string,
  needsKey = true
): Provider => ({
  apiKey: optional({
    env: keyVariable,
    travels: "pod",
    kind: key,
    doc: `The key of ${name}${needsKey ? "" : ", if it has one"}.`
  }),
  baseUrl: optional({
    env: urls,
    travels: "pod",
    kind: endpoint,
    byDefault: usualUrl === undefined ? "its own" : `\`${usualUrl}\``,
    doc: `Where ${name} is: a gateway, a proxy, a server of your own.`
  }),
  usualUrl: Option.fromUndefinedOr(usualUrl),
  needsKey
})

const chatService = (name: ChatServiceName): Provider => {
  const { keyVariable, needsKey, title, url, urlVariable } = chatServices[name]
  return provider(`the ${title}`, keyVariable, [urlVariable], url, needsKey)
}

/** Every provider, in the order of the reference. */
export const providerNames: ReadonlyArray<ProviderName> = ProviderName.literals

export const isProvider = Schema.is(ProviderName)

/** Variables of each provider: those of its SDK where it has one, and never those of another company. */
export const providers: Record<ProviderName, Provider> = {
  anthropic: provider("Anthropic", "ANTHROPIC_API_KEY", ["ANTHROPIC_BASE_URL"]),
  openai: provider("OpenAI", "OPENAI_API_KEY", ["OPENAI_BASE_URL"], "https://api.openai.com/v1"),
  google: provider("Google", "GOOGLE_API_KEY", ["GOOGLE_GEMINI_BASE_URL", "GOOGLE_BASE_URL"]),
  bedrock: provider("Amazon Bedrock", "AWS_BEARER_TOKEN_BEDROCK", ["BEDROCK_BASE_URL"], undefined, false),
  vertex: provider("Vertex AI (express mode)", "VERTEX_API_KEY", ["GOOGLE_VERTEX_BASE_URL"], undefined, false),
  azure: provider("Azure OpenAI", "AZURE_OPENAI_API_KEY", ["AZURE_OPENAI_ENDPOINT"], undefined, false),
  "openai-compatible": { ...chatService("openai-compatible"), baseUrl: agent.baseUrl },
  deepseek: chatService("deepseek"),
  groq: chatService("groq"),
  together: chatService("together"),
  fireworks: chatService("fireworks"),
  openrouter: chatService("openrouter"),
  mistral: chatService("mistral"),
  xai: chatService("xai"),
  ollama: chatService("ollama"),
  vllm: chatService("vllm"),
  lmstudio: chatService("lmstudio")
}
