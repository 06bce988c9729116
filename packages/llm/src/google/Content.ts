import type * as Sdk from "@google/genai"
import { Duration, Effect } from "effect"
import type { CallLimits, LlmError } from "../LlmError.ts"
import { LlmProvider, type LlmRequest, type PresenceLookup } from "../LlmProvider.ts"
import { missing, there } from "../ModelPresence.ts"
import * as ModelService from "../ModelService.ts"
import { listedOnly, type WindowLookup } from "../ModelWindow.ts"
import * as Retry from "../Retry.ts"
import * as Transport from "../Transport.ts"
import { readable } from "./ErrorBody.ts"
import * as Errors from "./Errors.ts"
import { toParams } from "./Request.ts"
import { Answer } from "./Response.ts"

/** The SDK, its client for one call, and the words of its errors. */
export interface Connection {
  readonly sdk: typeof Sdk
  readonly client: (fetch: Transport.Transport["fetch"]) => Sdk.GoogleGenAI
  readonly explain: (cause: unknown) => LlmError
}

/** Limit of silence within one call. Gemini thinks silently, and sends a tool call only when it is complete. */
const longestSilence = Duration.minutes(3)

/** Limits for Gemini's calls of a job that has to be done within `deadline`. */
export const limitsWithin = (deadline: Duration.Duration): CallLimits => {
  const limits = Retry.limitsWithin(deadline)
  return { ...limits, idle: Duration.min(longestSilence, limits.attempt) }
}

/** Makes a service that generates content. `connect` is run for each attempt, because credentials may expire. */
export const make = (
  name: ModelService.ServiceDescription,
  limits: CallLimits,
  connect: Effect.Effect<Connection, LlmError>,
  windowOf: WindowLookup = listedOnly
): LlmProvider["Service"] => {
  const attempt = (request: LlmRequest, mode: "AUTO" | "ANY") =>
    Effect.flatMap(connect, ({ client, explain, sdk }) => {
      const answer = new Answer(name)
      const { HIGH, LOW, MEDIUM } = sdk.ThinkingLevel
      const level = request.effort === undefined ? undefined : { low: LOW, medium: MEDIUM, high: HIGH }[request.effort]
      return ModelService.attempt(name, limits, {
        request,
        open: (signal, fetch) =>
          client(readable(fetch)).models.generateContentStream(
            toParams(request, { mode: sdk.FunctionCallingConfigMode[mode], level }, signal)
          ),
        explain: (cause) => Errors.isUnfinished(cause) ? answer.brokeOff : explain(cause),
        answer
      })
    })

  // Models that are refused when they have to call a tool, but not otherwise, are asked in words only.
  const forcing = ModelService.fallbackOnRefusal(Errors.isForcedToolRefusal)

  const send = Effect.fn("Google.send")(function*(request: LlmRequest) {
    yield* Effect.annotateCurrentSpan({ model: request.model, service: name.provider })
    const free = attempt(request, "AUTO")
    return yield* Effect.suspend(() =>
      request.toolChoice === "required" && request.tools.length > 0
        ? forcing(request, attempt(request, "ANY"), free)
        : free
    ).pipe(Retry.retrying(name.provider, limits))
  })

  return LlmProvider.of({ name: name.provider, send, windowOf })
}

/** Presence of a model, by a count of tokens: it needs what a call needs, and is free. */
export const presenceOf = (connect: Effect.Effect<Connection, LlmError>): PresenceLookup => (model) =>
  Effect.gen(function*() {
    const { client, explain } = yield* connect
    const { fetch } = yield* Transport.make
    yield* Effect.tryPromise({
      try: (abortSignal) =>
        client(readable(fetch)).models.countTokens({ model, contents: "x", config: { abortSignal } }),
      catch: explain
    })
    return there
  }).pipe(Effect.catchIf(({ reason }) => reason === "no-model", () => Effect.succeed(missing())))
