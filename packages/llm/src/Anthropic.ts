import { AppConfig } from "@nominal-code/config/AppConfig"
import { Effect, Layer, Option, Redacted, Stream } from "effect"
import * as Errors from "./anthropic/Errors.ts"
import { provider, toParams } from "./anthropic/Request.ts"
import { Answer } from "./anthropic/Response.ts"
import { type CallLimits, LlmError } from "./LlmError.ts"
import { LlmProvider, type LlmRequest, type LlmResponse } from "./LlmProvider.ts"
import { limitsWithin, retrying } from "./Retry.ts"

const officialUrl = "https://api.anthropic.com"

/** Where Claude is reached, and how long it may take. */
export interface AnthropicSettings {
  readonly apiKey: Redacted.Redacted
  /** None: the official service. */
  readonly baseUrl: Option.Option<string>
  readonly limits: CallLimits
}

/** The service for given settings, for a program that has its own configuration. */
export const make = Effect.fnUntraced(function*({ apiKey, baseUrl, limits }: AnthropicSettings) {
  // The SDK is loaded by the first call: a process that never asks a model does not pay for it.
  const connect = yield* Effect.cached(Effect.map(
    Effect.tryPromise({ try: () => import("@anthropic-ai/sdk"), catch: notInstalled }),
    (sdk) => ({
      explain: Errors.fromSdk(sdk, apiKey),
      client: new sdk.Anthropic({
        apiKey: Redacted.value(apiKey),
        // Named, so that the SDK does not look for another in the environment.
        baseURL: Option.getOrElse(baseUrl, () => officialUrl),
        maxRetries: 0,
        // Its log lines would hold prompts.
        logLevel: "off",
        openTelemetry: false
      })
    })
  ))

  /** Models that refused to be forced to call a tool. They are asked in words only. */
  const unforceable = new Set<string>()

  const attempt = (request: LlmRequest, toolChoice: "auto" | "any"): Effect.Effect<LlmResponse, LlmError> =>
    Effect.gen(function*() {
      const { client, explain } = yield* connect
      const controller = yield* Effect.acquireRelease(
        Effect.sync(() => new AbortController()),
        (controller) => Effect.sync(() => controller.abort())
      )
      const events = yield* Effect.tryPromise({
        try: () => client.messages.create(toParams(request, toolChoice), { signal: controller.signal }),
        catch: explain
      }).pipe(Effect.timeoutOrElse({ duration: limits.idle, orElse: () => Effect.fail(silent) }))
      const answer = new Answer()
      yield* Stream.fromAsyncIterable(events, explain).pipe(
        Stream.timeoutOrElse({ duration: limits.idle, orElse: () => Stream.fail(silent) }),
        Stream.runForEach((event) => answer.add(event))
      )
      return yield* answer.end
    }).pipe(
      Effect.scoped,
      Effect.timeoutOrElse({ duration: limits.attempt, orElse: () => Effect.fail(tooSlow) })
    )

  const attemptForced = (request: LlmRequest) =>
    attempt(request, "any").pipe(Effect.catchIf(Errors.isForcedToolRefusal, () => {
      unforceable.add(request.model)
      return attempt(request, "auto")
    }))

  const send = Effect.fn("Anthropic.send")(function*(request: LlmRequest) {
    yield* Effect.annotateCurrentSpan({ model: request.model })
    return yield* Effect.suspend(() =>
      request.toolChoice === "required" && !unforceable.has(request.model)
        ? attemptForced(request)
        : attempt(request, "auto")
    ).pipe(retrying(provider, limits))
  })

  return LlmProvider.of({ name: provider, send })
})

/** Claude, over the official SDK. A missing key is the first call's error: a process may never need it. */
export const layer: Layer.Layer<LlmProvider, never, AppConfig> = Layer.effect(
  LlmProvider,
  Effect.gen(function*() {
    const { jobs, providers } = yield* AppConfig
    const settings = providers.find(({ name }) => name === "anthropic")
    if (settings === undefined) return LlmProvider.of({ name: provider, send: () => Effect.fail(noKey) })
    return yield* make({ ...settings, limits: limitsWithin(jobs.deadline) })
  })
)

const failure = (reason: LlmError["reason"], message: string) => new LlmError({ provider, reason, message })

const noKey = failure("unauthorized", "There is no key for the Anthropic API: set ANTHROPIC_API_KEY")

const silent = failure("timeout", "The Anthropic API fell silent in the middle of a call")

const tooSlow = failure("timeout", "The Anthropic API took too long over one answer")

const notInstalled = () =>
  failure("invalid-request", "Cannot load @anthropic-ai/sdk: install it with `npm install @anthropic-ai/sdk`")
