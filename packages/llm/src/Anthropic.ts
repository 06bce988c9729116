import { layerConfigOf } from "@nominal-code/domain/settings/LayerConfig"
import { type Config, Effect, Layer, Option, Redacted, Schema } from "effect"
import * as Errors from "./anthropic/Errors.ts"
import * as Messages from "./anthropic/Messages.ts"
import { provider } from "./anthropic/Request.ts"
import { LlmProvider } from "./LlmProvider.ts"
import * as ModelService from "./ModelService.ts"
import * as ModelWindow from "./ModelWindow.ts"

const name: ModelService.ServiceDescription = {
  provider,
  api: "Anthropic API",
  keyVariable: "ANTHROPIC_API_KEY",
  sdk: "@anthropic-ai/sdk"
}

const isModel = Schema.decodeUnknownOption(Schema.Struct({ max_input_tokens: Schema.Finite }))

const officialUrl = "https://api.anthropic.com"

/** Makes the service from settings, for a program with its own configuration. */
export const make = Effect.fnUntraced(function*({ apiKey, baseUrl, limits }: ModelService.ServiceSettings) {
  const connect = yield* Effect.cached(Effect.map(
    ModelService.load(name, () => import("@anthropic-ai/sdk")),
    (sdk): Messages.Connection => ({
      explain: Errors.fromSdk(sdk, name, apiKey),
      client: (fetch) =>
        new sdk.Anthropic({
          ...Messages.unconfigured,
          apiKey: Redacted.value(apiKey),
          // Named, so that the SDK does not look for another in the environment.
          baseURL: Option.getOrElse(baseUrl, () => officialUrl),
          fetch
        })
    })
  ))
  const asked = yield* ModelWindow.make(
    Effect.map(
      connect,
      ({ client }): ModelWindow.ModelInfoRequest => (model, fetch, signal) =>
        client(fetch).models.retrieve(model, null, { signal })
    ),
    (told) => Option.map(isModel(told), ({ max_input_tokens }) => max_input_tokens)
  )
  return Messages.make(name, limits, connect, ModelWindow.listedOr(asked))
})

/** Claude, over the official SDK. */
export const layer = (settings: ModelService.ServiceSettings): Layer.Layer<LlmProvider> =>
  Layer.effect(LlmProvider, make(settings))

/** The layer with its options from Effect's `Config`. */
export const layerConfig: (
  options: Config.Wrap<ModelService.ServiceSettings>
) => Layer.Layer<LlmProvider, Config.ConfigError> = layerConfigOf(layer)

/** The service without a key: its calls fail, and say so. */
export const layerWithoutKey = ModelService.layerWithoutKey(name)
