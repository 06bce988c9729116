import { Duration, Effect, Layer, Option, Redacted } from "effect"
import { provider } from "./google/Carried.ts"
import * as Errors from "./google/Errors.ts"
import { toParams } from "./google/Request.ts"
import { Answer } from "./google/Response.ts"
import type { CallLimits } from "./LlmError.ts"
import { LlmProvider, type LlmRequest } from "./LlmProvider.ts"
import * as ModelService from "./ModelService.ts"
import * as Retry from "./Retry.ts"
import type { Transport } from "./Transport.ts"

const name: ModelService.ServiceDescription = {
  provider,
  api: "Gemini API",
  keyVariable: "GOOGLE_API_KEY",
  sdk: "@google/genai"
}

const officialUrl = "https://generativelanguage.googleapis.com"

/** Limit of silence within one call. Gemini thinks silently, and sends a tool call only when it is complete. */
const longestSilence = Duration.minutes(3)

/** Makes the service from settings, for a program with its own configuration. */
export const make = Effect.fnUntraced(function*({ apiKey, baseUrl, limits }: ModelService.ServiceSettings) {
  const connect = yield* Effect.cached(Effect.map(
    ModelService.load(name, () => import("@google/genai")),
    (sdk) => ({
      explain: Errors.fromSdk(sdk, apiKey),
      modes: sdk.FunctionCallingConfigMode,
      levels: { low: sdk.ThinkingLevel.LOW, medium: sdk.ThinkingLevel.MEDIUM, high: sdk.ThinkingLevel.HIGH },
      client: (fetch: Transport["fetch"]) =>
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

  const attempt = (request: LlmRequest, mode: "AUTO" | "ANY") =>
    Effect.flatMap(connect, ({ client, explain, levels, modes }) => {
      const answer = new Answer()
      const level = request.effort === undefined ? undefined : levels[request.effort]
      return ModelService.attempt(name, limits, {
        request,
        open: (signal, fetch) =>
          client(fetch).models.generateContentStream(toParams(request, { mode: modes[mode], level }, signal)),
        explain: (cause) => Errors.isUnfinished(cause) ? answer.brokeOff : explain(cause),
        answer
      })
    })

  // Models that are refused when they have to call a tool, but not otherwise, are asked in words only.
  const forcing = ModelService.fallbackOnRefusal(Errors.isForcedToolRefusal)

  const send = Effect.fn("Google.send")(function*(request: LlmRequest) {
    yield* Effect.annotateCurrentSpan({ model: request.model })
    const free = attempt(request, "AUTO")
    return yield* Effect.suspend(() =>
      request.toolChoice === "required" && request.tools.length > 0
        ? forcing(request, attempt(request, "ANY"), free)
        : free
    ).pipe(Retry.retrying(provider, limits))
  })

  return LlmProvider.of({ name: provider, send })
})

/** Gemini, over the official SDK. */
export const layer = (settings: ModelService.ServiceSettings): Layer.Layer<LlmProvider> =>
  Layer.effect(LlmProvider, make(settings))

/** The service without a key: its calls fail, and say so. */
export const layerWithoutKey = ModelService.layerWithoutKey(name)

/** Limits for Gemini's calls of a job that has to be done within `deadline`. */
export const limitsWithin = (deadline: Duration.Duration): CallLimits => {
  const limits = Retry.limitsWithin(deadline)
  return { ...limits, idle: Duration.min(longestSilence, limits.attempt) }
}
