import type * as Sdk from "@anthropic-ai/sdk"
import { Block } from "@nominal-code/domain/model/Conversation"
import { Effect } from "effect"
import type { CallLimits, LlmError } from "../LlmError.ts"
import { LlmProvider, type LlmRequest } from "../LlmProvider.ts"
import * as ModelService from "../ModelService.ts"
import { listedOnly, type WindowLookup } from "../ModelWindow.ts"
import { retrying } from "../Retry.ts"
import type { Transport } from "../Transport.ts"
import { isForcedToolRefusal, isForeignThought } from "./Errors.ts"
import { toParams } from "./Request.ts"
import { Answer } from "./Response.ts"

/** The SDK's client for one call, and the words of its errors. */
export interface Connection {
  readonly client: (fetch: Transport["fetch"]) => Sdk.Anthropic
  readonly explain: (cause: unknown) => LlmError
}

/** Options of the SDK's client that keep it from trying again by itself, and from logging. */
export const unconfigured = {
  maxRetries: 0,
  // Its log lines would hold prompts.
  logLevel: "off",
  openTelemetry: false
} as const satisfies Sdk.ClientOptions

const withoutThoughts = (request: LlmRequest): LlmRequest => ({
  ...request,
  messages: request.messages.map(({ content, role }) => ({
    role,
    content: content.filter((block) => !Block.guards.Opaque(block))
  }))
})

/** Makes a service that speaks the Messages API. `connect` is run for each attempt, because credentials may expire. */
export const make = (
  name: ModelService.ServiceDescription,
  limits: CallLimits,
  connect: Effect.Effect<Connection, LlmError>,
  windowOf: WindowLookup = listedOnly
): LlmProvider["Service"] => {
  const attemptOnce = (request: LlmRequest, toolChoice: "auto" | "any") =>
    Effect.flatMap(connect, ({ client, explain }) =>
      ModelService.attempt(name, limits, {
        request,
        open: (signal, fetch) => client(fetch).messages.create(toParams(request, toolChoice), { signal }),
        explain,
        answer: new Answer(name)
      }))

  // A review goes on without thoughts rather than not at all.
  const attempt = (request: LlmRequest, toolChoice: "auto" | "any") =>
    Effect.catchIf(
      attemptOnce(request, toolChoice),
      isForeignThought,
      ({ message }) =>
        Effect.andThen(
          Effect.logWarning(`goes on without its thoughts: ${message}`),
          attemptOnce(withoutThoughts(request), toolChoice)
        )
    )

  // Models that refuse to be forced to call a tool are asked in words only.
  const forcing = ModelService.fallbackOnRefusal(isForcedToolRefusal)

  const send = Effect.fn("Anthropic.send")(function*(request: LlmRequest) {
    yield* Effect.annotateCurrentSpan({ model: request.model, service: name.provider })
    const free = attempt(request, "auto")
    return yield* Effect.suspend(() =>
      request.toolChoice === "required" ? forcing(request, attempt(request, "any"), free) : free
    ).pipe(retrying(name.provider, limits))
  })

  return LlmProvider.of({ name: name.provider, send, windowOf })
}
