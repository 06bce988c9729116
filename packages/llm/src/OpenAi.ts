import { layerConfigOf } from "@nominal-code/domain/settings/LayerConfig"
import { type Config, Effect, Layer, Option, Redacted } from "effect"
import { LlmProvider } from "./LlmProvider.ts"
import * as ModelService from "./ModelService.ts"
import * as Errors from "./openai/Errors.ts"
import { unconfigured } from "./openai/Options.ts"
import { provider } from "./openai/Request.ts"
import * as Responses from "./openai/Responses.ts"

const name: ModelService.ServiceDescription = {
  provider,
  api: "OpenAI API",
  keyVariable: "OPENAI_API_KEY",
  sdk: "openai"
}

const officialUrl = "https://api.openai.com/v1"

/**
 * Makes the service from settings, for a program with its own configuration. A base URL goes up to and including the
 * version: `https://gateway.example/v1`.
 */
export const make = Effect.fnUntraced(function*({ apiKey, baseUrl, limits }: ModelService.ServiceSettings) {
  const connect = yield* Effect.cached(Effect.map(
    ModelService.load(name, () => import("openai")),
    (sdk): Responses.Connection => ({
      explain: Errors.explain(sdk, name, apiKey),
      client: (fetch) =>
        new sdk.OpenAI({
          ...unconfigured,
          apiKey: Redacted.value(apiKey),
          baseURL: Option.getOrElse(baseUrl, () => officialUrl),
          fetch
        })
    })
  ))
  return Responses.make(name, limits, connect)
})

/** OpenAI's models, over the official SDK. */
export const layer = (settings: ModelService.ServiceSettings): Layer.Layer<LlmProvider> =>
  Layer.effect(LlmProvider, make(settings))

/** The layer with its options from Effect's `Config`. */
export const layerConfig: (
  options: Config.Wrap<ModelService.ServiceSettings>
) => Layer.Layer<LlmProvider, Config.ConfigError> = layerConfigOf(layer)

/** The service without a key: its calls fail, and say so. */
export const layerWithoutKey = ModelService.layerWithoutKey(name)
