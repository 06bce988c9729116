import { Effect } from "effect"
import type * as Sdk from "openai"
import type { CallLimits, LlmError } from "../LlmError.ts"
import { LlmProvider, type LlmRequest } from "../LlmProvider.ts"
import * as ModelService from "../ModelService.ts"
import { listedOnly } from "../ModelWindow.ts"
import { retrying } from "../Retry.ts"
import type { Transport } from "../Transport.ts"
import { type ErrorMapper, isThoughtsRefusal } from "./Errors.ts"
import { isReasoningModel, toParams } from "./Request.ts"
import { Answer } from "./Response.ts"

/** The SDK's client for one call, and the words of its errors. */
export interface Connection {
  readonly client: (fetch: Transport["fetch"]) => Sdk.OpenAI
  readonly explain: ErrorMapper
}

/** Makes a service that speaks the Responses API. `connect` is run for each attempt, because credentials may expire. */
export const make = (
  name: ModelService.ServiceDescription,
  limits: CallLimits,
  connect: Effect.Effect<Connection, LlmError>
): LlmProvider["Service"] => {
  const attempt = (request: LlmRequest, withThoughts: boolean) =>
    Effect.flatMap(connect, ({ client, explain }) =>
      ModelService.attempt(name, limits, {
        request,
        open: (signal, fetch) => client(fetch).responses.create(toParams(request, withThoughts), { signal }),
        explain: explain.thrown,
        answer: new Answer(name, explain)
      }))

  // Models that cannot say what they think are asked without it.
  const thinking = ModelService.fallbackOnRefusal(isThoughtsRefusal)

  const send = Effect.fn("OpenAi.send")(function*(request: LlmRequest) {
    yield* Effect.annotateCurrentSpan({ model: request.model, service: name.provider })
    const plain = attempt(request, false)
    return yield* Effect.suspend(() =>
      isReasoningModel(request.model) ? thinking(request, attempt(request, true), plain) : plain
    )
      .pipe(retrying(name.provider, limits))
  })

  return LlmProvider.of({ name: name.provider, send, windowOf: listedOnly })
}
