import { isTooDeep } from "@nominal-code/domain/text/JsonDepth"
import { Duration, Effect, Layer, Option, Predicate, type Redacted, Stream } from "effect"
import { repaired } from "./CallRepair.ts"
import { type CallLimits, LlmError } from "./LlmError.ts"
import { LlmProvider, type LlmRequest, type LlmResponse } from "./LlmProvider.ts"
import * as Transport from "./Transport.ts"

/*
 * Shared parts of the model services: each is called over its own SDK, and streams its answers.
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
  readonly request: LlmRequest
  /** Sends the request with an SDK that has nothing but this `fetch` to the network. */
  open(signal: AbortSignal, fetch: Transport.Transport["fetch"]): Promise<AsyncIterable<Event>>
  /** Maps an error of the SDK to ours. */
  explain(cause: unknown): LlmError
  readonly answer: {
    add(event: Event): Effect.Effect<void, LlmError>
    readonly end: Effect.Effect<LlmResponse, LlmError>
  }
}

/** Makes an error of a service. */
export const failure = (
  { provider }: ServiceDescription,
  reason: LlmError["reason"],
  message: string,
  retryAfter = Option.none<Duration.Duration>()
) =>
  new LlmError({
    provider,
    reason,
    message,
    ...(Option.isSome(retryAfter) ? { retryAfter: retryAfter.value } : {})
  })

/** Codes of Node for a package that is not there: of an import, and of `require`. */
const notFound: ReadonlySet<string> = new Set(["ERR_MODULE_NOT_FOUND", "MODULE_NOT_FOUND"])

/** Loads an SDK. To be cached and done by the first call: a process that never asks a model does not pay for it. */
export const load = <Sdk>(name: ServiceDescription, sdk: () => Promise<Sdk>): Effect.Effect<Sdk, LlmError> =>
  Effect.tryPromise({
    try: sdk,
    catch: (cause) => {
      const isMissing = Predicate.hasProperty(cause, "code") && notFound.has(String(cause.code))
      const why = isMissing ? `install it with \`npm install ${name.sdk}\`` : String(cause)
      return failure(name, "invalid-request", `Cannot load ${name.sdk}: ${why}`)
    }
  })

const faulty = (name: ServiceDescription, fault: Transport.TransportFault): LlmError =>
  fault._tag === "TooLarge"
    ? failure(
      name,
      "malformed-response",
      `The ${name.api} sent an answer of more than ${Transport.largestBody / 1024 / 1024} MiB`
    )
    : failure(
      name,
      "invalid-request",
      `The ${name.api} redirects to ${fault.to}: the key is not sent there. Set the base URL to the address that answers`
    )

const tooDeep = (name: ServiceDescription): LlmError =>
  failure(name, "malformed-response", `The ${name.api} sent a value that is nested too deep`)

/** Codes of connections that were never made, so that no request was sent. */
const notConnected = /^(?:ECONNREFUSED|ENOTFOUND|EAI_\w+|EHOSTUNREACH|ENETUNREACH|CERT_\w+|ERR_TLS_\w+|\w+_CERT\w*)$/

/** True if the request was refused with an HTTP status, or was never sent. */
const isUnbilled = (cause: unknown, depth = 0): boolean => {
  if (Predicate.hasProperty(cause, "status") && typeof cause.status === "number") {
    return cause.status !== 504 && cause.status !== 524
  }
  if (Predicate.hasProperty(cause, "code") && notConnected.test(String(cause.code))) return true
  return depth < 5 && Predicate.hasProperty(cause, "cause") && isUnbilled(cause.cause, depth + 1)
}

/** Calls once, within the limits of one attempt, and closes the stream in any case. */
export const attempt = <Event>(
  name: ServiceDescription,
  limits: CallLimits,
  { answer, explain, open, request }: StreamedCall<Event>
): Effect.Effect<LlmResponse, LlmError> =>
  Effect.gen(function*() {
    const transport = yield* Transport.make
    const controller = yield* Effect.acquireRelease(
      Effect.sync(() => new AbortController()),
      (controller) => Effect.sync(() => controller.abort())
    )
    // Without a first byte the service is away. Silence after it may have its reason in what was asked.
    const silence = Effect.andThen(transport.silent(limits.idle), () => {
      controller.abort()
      return transport.heard()
        ? failure(name, "timeout", `The ${name.api} fell silent in the middle of an answer`)
        : failure(name, "unavailable", `The ${name.api} sent nothing for ${Duration.format(limits.idle)}`)
    })
    const explained = (cause: unknown) =>
      Option.match(transport.fault(), { onNone: () => explain(cause), onSome: (fault) => faulty(name, fault) })
    const conversation = Effect.gen(function*() {
      const events = yield* Effect.tryPromise({
        try: () => open(controller.signal, transport.fetch),
        catch: (cause) => isUnbilled(cause) ? explained(cause).withBilled("no") : explained(cause)
      })
      yield* Stream.runForEach(
        Stream.fromAsyncIterable(events, explained),
        (event) => isTooDeep(event) ? Effect.fail(tooDeep(name)) : answer.add(event)
      )
      return yield* Effect.flatMap(answer.end, (response) => repaired(request, response))
    })
    return yield* Effect.raceFirst(conversation, silence)
  }).pipe(
    Effect.scoped,
    Effect.timeoutOrElse({
      duration: limits.attempt,
      orElse: () => Effect.fail(failure(name, "timeout", `The ${name.api} took too long over one answer`))
    })
  )

type ModelCall = Effect.Effect<LlmResponse, LlmError>

/** Makes a fallback for models that refuse a kind of request. Such a model gets the other kind from then on. */
export const fallbackOnRefusal = (isRefusal: (error: LlmError) => boolean) => {
  const others = new Set<string>()
  return ({ model }: LlmRequest, preferred: ModelCall, otherwise: ModelCall): ModelCall =>
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
