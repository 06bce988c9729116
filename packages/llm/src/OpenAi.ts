import { Effect, Layer, Option, Redacted } from "effect"
import { LlmProvider, type LlmRequest } from "./LlmProvider.ts"
import * as ModelService from "./ModelService.ts"
import * as Errors from "./openai/Errors.ts"
import { unconfigured } from "./openai/Options.ts"
import { provider, thinks, toParams } from "./openai/Request.ts"
import { Answer } from "./openai/Response.ts"
import { retrying } from "./Retry.ts"
import type { Transport } from "./Transport.ts"

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
    (sdk) => ({
      explain: Errors.explain(sdk, name, apiKey),
      client: (fetch: Transport["fetch"]) =>
        new sdk.OpenAI({
          ...unconfigured,
          apiKey: Redacted.value(apiKey),
          baseURL: Option.getOrElse(baseUrl, () => officialUrl),
          fetch
        })
    })
  ))

  const attempt = (request: LlmRequest, withThoughts: boolean) =>
    Effect.flatMap(connect, ({ client, explain }) =>
      ModelService.attempt(name, limits, {
        request,
        open: (signal, fetch) => client(fetch).responses.create(toParams(request, withThoughts), { signal }),
        explain: explain.thrown,
        answer: new Answer(explain)
      }))

  // Models that cannot say what they think are asked without it.
  const thinking = ModelService.fallbackOnRefusal(Errors.isThoughtsRefusal)

  const send = Effect.fn("OpenAi.send")(function*(request: LlmRequest) {
    yield* Effect.annotateCurrentSpan({ model: request.model })
    const plain = attempt(request, false)
    return yield* Effect.suspend(() => thinks(request.model) ? thinking(request, attempt(request, true), plain) : plain)
      .pipe(retrying(provider, limits))
  })

  return LlmProvider.of({ name: provider, send })
})

/** OpenAI's models, over the official SDK. */
export const layer = (settings: ModelService.ServiceSettings): Layer.Layer<LlmProvider> =>
  Layer.effect(LlmProvider, make(settings))

/** The service without a key: its calls fail, and say so. */
export const layerWithoutKey = ModelService.layerWithoutKey(name)
