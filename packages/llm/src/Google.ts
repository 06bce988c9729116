import { layerConfigOf } from "@nominal-code/domain/settings/LayerConfig"
import { type Config, Effect, Layer, Option, Redacted, Schema } from "effect"
import * as Content from "./google/Content.ts"
import * as Errors from "./google/Errors.ts"
import { provider } from "./google/OpaqueParts.ts"
import { LlmProvider } from "./LlmProvider.ts"
import * as ModelService from "./ModelService.ts"
import * as ModelWindow from "./ModelWindow.ts"

export { limitsWithin } from "./google/Content.ts"

const name: ModelService.ServiceDescription = {
  provider,
  api: "Gemini API",
  keyVariable: "GOOGLE_API_KEY",
  sdk: "@google/genai"
}

const isModel = Schema.decodeUnknownOption(Schema.Struct({ inputTokenLimit: Schema.Finite }))

const officialUrl = "https://generativelanguage.googleapis.com"

/** Makes the service from settings, for a program with its own configuration. */
export const make = Effect.fnUntraced(function*({ apiKey, baseUrl, limits }: ModelService.ServiceSettings) {
  const connect = yield* Effect.cached(Effect.map(
    ModelService.load(name, () => import("@google/genai")),
    (sdk): Content.Connection => ({
      sdk,
      explain: Errors.fromSdk(sdk, name, apiKey),
      client: (fetch) =>
        new sdk.GoogleGenAI({
          // All named, so that the SDK does not look for another in the environment.
          apiKey: Redacted.value(apiKey),
          vertexai: false,
          apiVersion: "v1beta",
          // Without `retryOptions`, the SDK tries once.
          httpOptions: { baseUrl: Option.getOrElse(baseUrl, () => officialUrl), fetch }
        })
    })
  ))
  const asked = yield* ModelWindow.make(
    Effect.map(
      connect,
      ({ client }): ModelWindow.ModelInfoRequest => (model, fetch, abortSignal) =>
        client(fetch).models.get({ model, config: { abortSignal } })
    ),
    (told) => Option.map(isModel(told), ({ inputTokenLimit }) => inputTokenLimit)
  )
  return Content.make(name, limits, connect, ModelWindow.listedOr(asked))
})

/** Gemini, over the official SDK. */
export const layer = (settings: ModelService.ServiceSettings): Layer.Layer<LlmProvider> =>
  Layer.effect(LlmProvider, make(settings))

/** The layer with its options from Effect's `Config`. */
export const layerConfig: (
  options: Config.Wrap<ModelService.ServiceSettings>
) => Layer.Layer<LlmProvider, Config.ConfigError> = layerConfigOf(layer)

/** The service without a key: its calls fail, and say so. */
export const layerWithoutKey = ModelService.layerWithoutKey(name)
