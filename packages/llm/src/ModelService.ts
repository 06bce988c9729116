import { Duration, Effect, Layer, type Option, type Redacted, Stream } from "effect"
import { type CallLimits, LlmError } from "./LlmError.ts"
import { LlmProvider, type LlmRequest, type LlmResponse } from "./LlmProvider.ts"

/*
 * What the services have in common: they are called over their own SDK, and stream their answers.
 */

/** Address, key and time limits of a service. */
export interface ServiceSettings {
  readonly apiKey: Redacted.Redacted
  /** None: the official service. */
  readonly baseUrl: Option.Option<string>
  readonly limits: CallLimits
}

/** Id, display name, key variable and SDK package of a model service. */
export interface ServiceDescription {
  readonly provider: string
  /** `OpenAI API` */
  readonly api: string
  /** The variable that holds its key. */
  readonly keyVariable: string
  /** The package of its SDK. */
  readonly sdk: string
}

/** A streaming call, and the collector of its answer. */
export interface StreamedCall<Event> {
  open(signal: AbortSignal): Promise<AsyncIterable<Event>>
  /** Maps an error of the SDK to ours. */
  explain(cause: unknown): LlmError
  readonly answer: {
    add(event: Event): Effect.Effect<void, LlmError>
    readonly end: Effect.Effect<LlmResponse, LlmError>
  }
}

const failure = ({ provider }: ServiceDescription, reason: LlmError["reason"], message: string) =>
  new LlmError({ provider, reason, message })

/** Loads an SDK. To be cached and done by the first call: a process that never asks a model does not pay for it. */
export const load = <Sdk>(name: ServiceDescription, sdk: () => Promise<Sdk>): Effect.Effect<Sdk, LlmError> =>
  Effect.tryPromise({
    try: sdk,
    catch: () =>
      failure(name, "invalid-request", `Cannot load ${name.sdk}: install it with \`npm install ${name.sdk}\``)
  })

/** Calls once, within the limits of one attempt, and closes the stream in any case. */
export const attempt = <Event>(
  name: ServiceDescription,
  limits: CallLimits,
  { answer, explain, open }: StreamedCall<Event>
): Effect.Effect<LlmResponse, LlmError> =>
  Effect.gen(function*() {
    let heard = false
    // Without a first byte the service is away. Silence after it may have its reason in what was asked.
    const silent = Effect.suspend(() =>
      Effect.fail(
        heard
          ? failure(name, "timeout", `The ${name.api} fell silent in the middle of an answer`)
          : failure(name, "unavailable", `The ${name.api} sent nothing for ${Duration.format(limits.idle)}`)
      )
    )
    const controller = yield* Effect.acquireRelease(
      Effect.sync(() => new AbortController()),
      (controller) => Effect.sync(() => controller.abort())
    )
    const events = yield* Effect.tryPromise({ try: () => open(controller.signal), catch: explain }).pipe(
      Effect.timeoutOrElse({ duration: limits.idle, orElse: () => silent })
    )
    yield* Stream.fromAsyncIterable(events, explain).pipe(
      Stream.timeoutOrElse({ duration: limits.idle, orElse: () => Stream.fromEffect(silent) }),
      Stream.runForEach((event) => {
        heard = true
        return answer.add(event)
      })
    )
    return yield* answer.end
  }).pipe(
    Effect.scoped,
    Effect.timeoutOrElse({
      duration: limits.attempt,
      orElse: () => Effect.fail(failure(name, "timeout", `The ${name.api} took too long over one answer`))
    })
  )

type Ask = Effect.Effect<LlmResponse, LlmError>

/** Makes a fallback for models that refuse a kind of request. Such a model gets the other kind from then on. */
export const fallbackOnRefusal = (isRefusal: (error: LlmError) => boolean) => {
  const others = new Set<string>()
  return ({ model }: LlmRequest, preferred: Ask, otherwise: Ask): Ask =>
    others.has(model) ?
      otherwise :
      Effect.catchIf(preferred, isRefusal, () => Effect.tap(otherwise, () => Effect.sync(() => others.add(model))))
}

/** Layer of a service whose key is not known. It fails calls and not the start, because a process may never need it. */
export const layerWithoutKey = (name: ServiceDescription): Layer.Layer<LlmProvider> =>
  Layer.succeed(LlmProvider, {
    name: name.provider,
    send: () =>
      Effect.fail(failure(name, "unauthorized", `There is no key for the ${name.api}: set ${name.keyVariable}`))
  })
