import { Effect, Layer, Option, Redacted } from "effect"
import * as Errors from "./anthropic/Errors.ts"
import * as Messages from "./anthropic/Messages.ts"
import { provider } from "./anthropic/Request.ts"
import { LlmProvider } from "./LlmProvider.ts"
import * as ModelService from "./ModelService.ts"

const name: ModelService.ServiceDescription = {
  provider,
  api: "Anthropic API",
  keyVariable: "ANTHROPIC_API_KEY",
  sdk: "@anthropic-ai/sdk"
}

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
  return Messages.make(name, limits, connect)
})

/** Claude, over the official SDK. */
export const layer = (settings: ModelService.ServiceSettings): Layer.Layer<LlmProvider> =>
  Layer.effect(LlmProvider, make(settings))

/** The service without a key: its calls fail, and say so. */
export const layerWithoutKey = ModelService.layerWithoutKey(name)
