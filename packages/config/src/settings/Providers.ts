import type { ProviderName } from "@nominal-code/domain/ReviewSettings"
import { Option, type Redacted } from "effect"
import { optional, type Setting } from "../Setting.ts"
import { secret, word } from "../SettingType.ts"
import { endpoint } from "../Url.ts"

/** Settings of a provider: its key, and its URL if it is not the usual one. */
export interface Provider {
  readonly apiKey: Setting<Option.Option<Redacted.Redacted>>
  readonly baseUrl: Setting<Option.Option<string>>
  /** Usual URL. None: the SDK's default. */
  readonly usualUrl: Option.Option<string>
}

type Variables = readonly [string, ...Array<string>]

const key = secret(word("key", "a key: visible ASCII characters only", /^[\x21-\x7e]+$/))

const provider = (name: string, keys: Variables, urls: Variables, usualUrl?: string): Provider => ({
  apiKey: optional({ env: keys, travels: true, kind: key, doc: `The key of ${name}.` }),
  baseUrl: optional({
    env: urls,
    travels: true,
    kind: endpoint,
    byDefault: usualUrl === undefined ? "its own" : `\`${usualUrl}\``,
    doc: `Where ${name} is: a gateway, a proxy, a server of your own.`
  }),
  usualUrl: Option.fromUndefinedOr(usualUrl)
})

/** The providers that this build can talk to. */
export const builtProviders = ["anthropic", "openai", "google"] as const satisfies ReadonlyArray<ProviderName>
export type BuiltProvider = typeof builtProviders[number]

export const isBuilt = (name: string): name is BuiltProvider => builtProviders.some((built) => built === name)

/** Variables of each provider: its SDK's, and `OPENAI_API_KEY` for everything that speaks OpenAI's protocol. */
export const providers: Record<ProviderName, Provider> = {
  anthropic: provider("Anthropic", ["ANTHROPIC_API_KEY"], ["ANTHROPIC_BASE_URL"]),
  openai: provider("OpenAI", ["OPENAI_API_KEY"], ["OPENAI_BASE_URL"], "https://api.openai.com/v1"),
  google: provider("Google", ["GOOGLE_API_KEY"], ["GOOGLE_GEMINI_BASE_URL", "GOOGLE_BASE_URL"]),
  deepseek: provider(
    "DeepSeek",
    ["DEEPSEEK_API_KEY", "OPENAI_API_KEY"],
    ["DEEPSEEK_BASE_URL"],
    "https://api.deepseek.com"
  ),
  groq: provider("Groq", ["GROQ_API_KEY", "OPENAI_API_KEY"], ["GROQ_BASE_URL"], "https://api.groq.com/openai/v1"),
  together: provider(
    "Together",
    ["TOGETHER_API_KEY", "OPENAI_API_KEY"],
    ["TOGETHER_BASE_URL"],
    "https://api.together.xyz/v1"
  ),
  fireworks: provider(
    "Fireworks",
    ["FIREWORKS_API_KEY", "OPENAI_API_KEY"],
    ["FIREWORKS_BASE_URL"],
    "https://api.fireworks.ai/inference/v1"
  )
}
