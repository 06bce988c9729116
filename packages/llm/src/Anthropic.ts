import { Effect, Layer, Option, Redacted } from "effect"
import * as Errors from "./anthropic/Errors.ts"
import { provider, toParams } from "./anthropic/Request.ts"
import { Answer } from "./anthropic/Response.ts"
import { LlmProvider, type LlmRequest } from "./LlmProvider.ts"
import * as ModelService from "./ModelService.ts"
import { retrying } from "./Retry.ts"
import type { Transport } from "./Transport.ts"

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
    (sdk) => ({
      explain: Errors.fromSdk(sdk, apiKey),
      client: (fetch: Transport["fetch"]) =>
        new sdk.Anthropic({
          apiKey: Redacted.value(apiKey),
          // Named, so that the SDK does not look for another in the environment.
          baseURL: Option.getOrElse(baseUrl, () => officialUrl),
          fetch,
          maxRetries: 0,
          // Its log lines would hold prompts.
          logLevel: "off",
          openTelemetry: false
        })
    })
  ))

  const attempt = (request: LlmRequest, toolChoice: "auto" | "any") =>
    Effect.flatMap(connect, ({ client, explain }) =>
      ModelService.attempt(name, limits, {
        request,
        open: (signal, fetch) => client(fetch).messages.create(toParams(request, toolChoice), { signal }),
        explain,
        answer: new Answer()
      }))

  // Models that refuse to be forced to call a tool are asked in words only.
  const forcing = ModelService.fallbackOnRefusal(Errors.isForcedToolRefusal)

  const send = Effect.fn("Anthropic.send")(function*(request: LlmRequest) {
    yield* Effect.annotateCurrentSpan({ model: request.model })
    const free = attempt(request, "auto")
    return yield* Effect.suspend(() =>
      request.toolChoice === "required" ? forcing(request, attempt(request, "any"), free) : free
    ).pipe(retrying(provider, limits))
  })

  return LlmProvider.of({ name: provider, send })
})

/** Claude, over the official SDK. */
export const layer = (settings: ModelService.ServiceSettings): Layer.Layer<LlmProvider> =>
  Layer.effect(LlmProvider, make(settings))

/** The service without a key: its calls fail, and say so. */
export const layerWithoutKey = ModelService.layerWithoutKey(name)
