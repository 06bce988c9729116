import { AppConfig } from "@nominal-code/config/AppConfig"
import { Effect, Layer, Option, Redacted, Stream } from "effect"
import { type CallLimits, LlmError } from "./LlmError.ts"
import { LlmProvider, type LlmRequest, type LlmResponse } from "./LlmProvider.ts"
import * as Errors from "./openai/Errors.ts"
import { provider, thinks, toParams } from "./openai/Request.ts"
import { Answer } from "./openai/Response.ts"
import { limitsWithin, retrying } from "./Retry.ts"

const officialUrl = "https://api.openai.com/v1"

/** Where OpenAI's models are reached, and how long they may take. */
export interface OpenAiSettings {
  readonly apiKey: Redacted.Redacted
  /** Up to and including the version: `https://gateway.example/v1`. None: the official service. */
  readonly baseUrl: Option.Option<string>
  readonly limits: CallLimits
}

/** The service for given settings, for a program that has its own configuration. */
export const make = Effect.fnUntraced(function*({ apiKey, baseUrl, limits }: OpenAiSettings) {
  // The SDK is loaded by the first call: a process that never asks a model does not pay for it.
  const connect = yield* Effect.cached(Effect.map(
    Effect.tryPromise({ try: () => import("openai"), catch: notInstalled }),
    (sdk) => ({
      explain: Errors.explain(sdk, apiKey),
      client: new sdk.OpenAI({
        apiKey: Redacted.value(apiKey),
        // Named, so that the SDK does not look for others in the environment.
        baseURL: Option.getOrElse(baseUrl, () => officialUrl),
        adminAPIKey: null,
        organization: null,
        project: null,
        webhookSecret: null,
        maxRetries: 0,
        // Its log lines would hold prompts.
        logLevel: "off"
      })
    })
  ))

  /** Models that cannot say what they think. They are asked without it. */
  const thoughtless = new Set<string>()

  const attempt = (request: LlmRequest, withThoughts: boolean): Effect.Effect<LlmResponse, LlmError> =>
    Effect.gen(function*() {
      const { client, explain } = yield* connect
      const controller = yield* Effect.acquireRelease(
        Effect.sync(() => new AbortController()),
        (controller) => Effect.sync(() => controller.abort())
      )
      const events = yield* Effect.tryPromise({
        try: () => client.responses.create(toParams(request, withThoughts), { signal: controller.signal }),
        catch: explain.thrown
      }).pipe(Effect.timeoutOrElse({ duration: limits.idle, orElse: () => Effect.fail(silent) }))
      const answer = new Answer(explain)
      yield* Stream.fromAsyncIterable(events, explain.thrown).pipe(
        Stream.timeoutOrElse({ duration: limits.idle, orElse: () => Stream.fail(silent) }),
        Stream.runForEach((event) => answer.add(event))
      )
      return yield* answer.end
    }).pipe(
      Effect.scoped,
      Effect.timeoutOrElse({ duration: limits.attempt, orElse: () => Effect.fail(tooSlow) })
    )

  const attemptThinking = (request: LlmRequest) =>
    attempt(request, true).pipe(Effect.catchIf(Errors.isThoughtsRefusal, () => {
      thoughtless.add(request.model)
      return attempt(request, false)
    }))

  const send = Effect.fn("OpenAi.send")(function*(request: LlmRequest) {
    yield* Effect.annotateCurrentSpan({ model: request.model })
    return yield* Effect.suspend(() =>
      thinks(request.model) && !thoughtless.has(request.model) ? attemptThinking(request) : attempt(request, false)
    ).pipe(retrying(provider, limits))
  })

  return LlmProvider.of({ name: provider, send })
})

/** OpenAI's models, over the official SDK. A missing key is the first call's error: a process may never need it. */
export const layer: Layer.Layer<LlmProvider, never, AppConfig> = Layer.effect(
  LlmProvider,
  Effect.gen(function*() {
    const { jobs, providers } = yield* AppConfig
    const settings = providers.find(({ name }) => name === provider)
    if (settings === undefined) return LlmProvider.of({ name: provider, send: () => Effect.fail(noKey) })
    return yield* make({ ...settings, limits: limitsWithin(jobs.deadline) })
  })
)

const failure = (reason: LlmError["reason"], message: string) => new LlmError({ provider, reason, message })

const noKey = failure("unauthorized", "There is no key for the OpenAI API: set OPENAI_API_KEY")

const silent = failure("timeout", "The OpenAI API fell silent in the middle of a call")

const tooSlow = failure("timeout", "The OpenAI API took too long over one answer")

const notInstalled = () => failure("invalid-request", "Cannot load openai: install it with `npm install openai`")
