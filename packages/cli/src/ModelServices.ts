import * as NodeFileSystem from "@effect/platform-node/NodeFileSystem"
import type { ProviderSettings } from "@nominal-code/config/AppConfig"
import { providerNames } from "@nominal-code/config/settings/Providers"
import { ChatServiceName } from "@nominal-code/domain/model/ChatServices"
import type { ProviderName } from "@nominal-code/domain/settings/ReviewSettings"
import * as Anthropic from "@nominal-code/llm/Anthropic"
import * as Azure from "@nominal-code/llm/Azure"
import * as Bedrock from "@nominal-code/llm/Bedrock"
import * as Chat from "@nominal-code/llm/Chat"
import * as Google from "@nominal-code/llm/Google"
import type { CallLimits } from "@nominal-code/llm/LlmError"
import type { LlmProvider } from "@nominal-code/llm/LlmProvider"
import * as LlmProviders from "@nominal-code/llm/LlmProviders"
import * as OpenAi from "@nominal-code/llm/OpenAi"
import { limitsWithin } from "@nominal-code/llm/Retry"
import * as Vertex from "@nominal-code/llm/Vertex"
import { type Duration, Layer, Option, Schema } from "effect"

/** The service of a provider, with what is configured of it; none: not enough to call it. */
type ModelService = (deadline: Duration.Duration, given: Option.Option<ProviderSettings>) => Layer.Layer<LlmProvider>

/** A service that is called with a key. */
const keyed = (
  { layer, layerWithoutKey }: Pick<typeof Anthropic, "layer" | "layerWithoutKey">,
  limits: (deadline: Duration.Duration) => CallLimits
): ModelService =>
(deadline, given) =>
  Option.match(
    Option.flatMap(given, ({ apiKey, baseUrl }) => Option.map(apiKey, (key) => ({ apiKey: key, baseUrl }))),
    {
      onNone: () => layerWithoutKey,
      onSome: (settings) => layer({ ...settings, limits: limits(deadline) })
    }
  )

const chat = (service: ChatServiceName): ModelService => (deadline, given) =>
  Option.match(given, {
    onNone: () => Chat.layerWithoutKey(service),
    onSome: ({ apiKey, baseUrl }) =>
      Chat.layer({ service, apiKey, baseUrl, limits: Chat.limitsWithin(service, deadline) })
  })

/** A service of a cloud, which is called with an account. */
const ofCloud = (
  { cloud: account, ...given }: ProviderSettings,
  deadline: Duration.Duration
): Option.Option<Layer.Layer<LlmProvider>> => {
  const limits = limitsWithin(deadline)
  switch (account?._tag) {
    case "Bedrock":
      return Option.some(Bedrock.layer({ ...given, ...account, limits }))
    case "Vertex":
      return Option.some(Vertex.layer({ ...given, ...account, limits: Vertex.limitsWithin(deadline) }))
    case "Azure":
      return Option.map(given.baseUrl, (endpoint) =>
        Azure.layer({
          ...given,
          ...account,
          endpoint,
          addresses: Option.match(account.authority, { onNone: () => ({}), onSome: (authority) => ({ authority }) }),
          limits
        }).pipe(Layer.provide(NodeFileSystem.layer)))
    case undefined:
      return Option.none()
  }
}

const cloud = ({ layerWithoutKey }: Pick<typeof Bedrock, "layerWithoutKey">): ModelService => (deadline, given) =>
  Option.getOrElse(Option.flatMap(given, (settings) => ofCloud(settings, deadline)), () => layerWithoutKey)

const isChatService = Schema.is(ChatServiceName)

const modelService = (name: ProviderName): ModelService => {
  if (isChatService(name)) return chat(name)
  return {
    anthropic: keyed(Anthropic, limitsWithin),
    openai: keyed(OpenAi, limitsWithin),
    google: keyed(Google, Google.limitsWithin),
    bedrock: cloud(Bedrock),
    vertex: cloud(Vertex),
    azure: cloud(Azure)
  }[name]
}

/** The services of all providers. One that is not among the configured ones fails the calls that need it. */
export const layer = (
  providers: ReadonlyArray<ProviderSettings>,
  deadline: Duration.Duration
): Layer.Layer<LlmProviders.LlmProviders> =>
  LlmProviders.layer(
    providerNames.map((name) =>
      modelService(name)(deadline, Option.fromUndefinedOr(providers.find((one) => one.name === name)))
    )
  )
