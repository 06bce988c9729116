import { AppConfig } from "@nominal-code/config/AppConfig"
import { Duration, Effect, Layer, Option, Redacted, Stream } from "effect"
import { provider } from "./google/Carried.ts"
import * as Errors from "./google/Errors.ts"
import { toParams } from "./google/Request.ts"
import { Answer } from "./google/Response.ts"
import { type CallLimits, LlmError } from "./LlmError.ts"
import { LlmProvider, type LlmRequest, type LlmResponse } from "./LlmProvider.ts"
import { limitsWithin, retrying } from "./Retry.ts"

const officialUrl = "https://generativelanguage.googleapis.com"

/** Where Gemini is reached, and how long it may take. */
export interface GoogleSettings {
  readonly apiKey: Redacted.Redacted
  /** None: the official service. */
  readonly baseUrl: Option.Option<string>
  readonly limits: CallLimits
}

/** Gemini thinks in silence and sends a call only when it is whole: a long one may take this long without a byte. */
const longestSilence = Duration.minutes(3)

/** The service for given settings, for a program that has its own configuration. */
export const make = Effect.fnUntraced(function*({ apiKey, baseUrl, limits }: GoogleSettings) {
  // The SDK is loaded by the first call: a process that never asks a model does not pay for it.
  const connect = yield* Effect.cached(Effect.map(
    Effect.tryPromise({ try: () => import("@google/genai"), catch: notInstalled }),
    (sdk) => ({
      explain: Errors.fromSdk(sdk, apiKey),
      modes: sdk.FunctionCallingConfigMode,
      client: new sdk.GoogleGenAI({
        // All named, so that the SDK does not look for another in the environment.
        apiKey: Redacted.value(apiKey),
        vertexai: false,
        apiVersion: "v1beta",
        // Without `retryOptions`, the SDK tries once.
        httpOptions: { baseUrl: Option.getOrElse(baseUrl, () => officialUrl) }
      })
    })
  ))

  /** Models that were refused when they had to call a tool, but not otherwise. They are asked in words only. */
  const unforceable = new Set<string>()

  const attempt = (request: LlmRequest, mode: "AUTO" | "ANY"): Effect.Effect<LlmResponse, LlmError> =>
    Effect.gen(function*() {
      const { client, explain, modes } = yield* connect
      const controller = yield* Effect.acquireRelease(
        Effect.sync(() => new AbortController()),
        (controller) => Effect.sync(() => controller.abort())
      )
      const answer = new Answer()
      const broke = (cause: unknown) => Errors.isUnfinished(cause) ? answer.brokeOff : explain(cause)
      const chunks = yield* Effect.tryPromise({
        try: () => client.models.generateContentStream(toParams(request, modes[mode], controller.signal)),
        catch: broke
      }).pipe(Effect.timeoutOrElse({ duration: limits.idle, orElse: () => Effect.fail(silent) }))
      yield* Stream.fromAsyncIterable(chunks, broke).pipe(
        Stream.timeoutOrElse({ duration: limits.idle, orElse: () => Stream.fail(silent) }),
        Stream.runForEach((chunk) => answer.add(chunk))
      )
      return yield* answer.end
    }).pipe(
      Effect.scoped,
      Effect.timeoutOrElse({ duration: limits.attempt, orElse: () => Effect.fail(tooSlow) })
    )

  const attemptForced = (request: LlmRequest) =>
    attempt(request, "ANY").pipe(
      Effect.catchIf(Errors.isForcedToolRefusal, () =>
        Effect.tap(attempt(request, "AUTO"), () =>
          Effect.sync(() => {
            unforceable.add(request.model)
          })))
    )

  const send = Effect.fn("Google.send")(function*(request: LlmRequest) {
    yield* Effect.annotateCurrentSpan({ model: request.model })
    return yield* Effect.suspend(() =>
      request.toolChoice === "required" && request.tools.length > 0 && !unforceable.has(request.model)
        ? attemptForced(request)
        : attempt(request, "AUTO")
    ).pipe(retrying(provider, limits))
  })

  return LlmProvider.of({ name: provider, send })
})

/** Gemini, over the official SDK. A missing key is the first call's error: a process may never need it. */
export const layer: Layer.Layer<LlmProvider, never, AppConfig> = Layer.effect(
  LlmProvider,
  Effect.gen(function*() {
    const { jobs, providers } = yield* AppConfig
    const settings = providers.find(({ name }) => name === "google")
    if (settings === undefined) return LlmProvider.of({ name: provider, send: () => Effect.fail(noKey) })
    const limits = limitsWithin(jobs.deadline)
    return yield* make({ ...settings, limits: { ...limits, idle: Duration.min(longestSilence, limits.attempt) } })
  })
)

const failure = (reason: LlmError["reason"], message: string) => new LlmError({ provider, reason, message })

const noKey = failure("unauthorized", "There is no key for the Gemini API: set GOOGLE_API_KEY")

const silent = failure("timeout", "The Gemini API fell silent in the middle of a call")

const tooSlow = failure("timeout", "The Gemini API took too long over one answer")

const notInstalled = () =>
  failure("invalid-request", "Cannot load @google/genai: install it with `npm install @google/genai`")
