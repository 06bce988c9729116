import { type ChatServiceName, chatServices } from "@nominal-code/domain/model/ChatServices"
import { layerConfigOf } from "@nominal-code/domain/settings/LayerConfig"
import { type Config, Duration, Effect, Layer, Option, Redacted } from "effect"
import { readable } from "./chat/ErrorBody.ts"
import * as ChatErrors from "./chat/Errors.ts"
import { quirksOf } from "./chat/Quirks.ts"
import { type RequestVariant, toParams } from "./chat/Request.ts"
import { Answer } from "./chat/Response.ts"
import * as Window from "./chat/Window.ts"
import { type CallLimits, LlmError } from "./LlmError.ts"
import { LlmProvider, type LlmRequest, type LlmResponse } from "./LlmProvider.ts"
import * as ModelService from "./ModelService.ts"
import * as ModelWindow from "./ModelWindow.ts"
import * as Errors from "./openai/Errors.ts"
import { unconfigured } from "./openai/Options.ts"
import * as Retry from "./Retry.ts"
import type { Transport } from "./Transport.ts"

/** Address, key and time limits of a service that speaks Chat Completions. */
export interface ChatSettings extends Omit<ModelService.ServiceSettings, "apiKey"> {
  readonly service: ChatServiceName
  /** None: a server without keys. */
  readonly apiKey: Option.Option<Redacted.Redacted>
}

const describe = (service: ChatServiceName): ModelService.ServiceDescription => {
  const { keyVariable, title } = chatServices[service]
  return { provider: service, api: title, keyVariable, sdk: "openai" }
}

/**
 * Makes the service from settings, for a program with its own configuration. A base URL goes up to and including the
 * version: `http://localhost:8000/v1`.
 */
export const make = Effect.fnUntraced(function*({ apiKey, baseUrl, limits, service }: ChatSettings) {
  const name = describe(service)
  const quirks = quirksOf[service]
  const url = Option.getOrElse(baseUrl, () => chatServices[service].url ?? "")
  const key = Option.getOrElse(apiKey, () => Redacted.make(""))
  const connect = yield* Effect.cached(Effect.map(
    ModelService.load(name, () => import("openai")),
    (sdk) => ({
      explain: Errors.explain(sdk, name, key),
      client: (fetch: Transport["fetch"]) =>
        new sdk.OpenAI({
          ...unconfigured,
          // The SDK refuses to be without a key, and sends none if told so in the headers.
          apiKey: Option.isNone(apiKey) ? "none" : Redacted.value(key),
          ...(Option.isNone(apiKey) ? { defaultHeaders: { authorization: null } } : {}),
          baseURL: url,
          fetch: readable(fetch)
        })
    })
  ))

  const attempt = (request: LlmRequest, asked: RequestVariant) =>
    Effect.flatMap(connect, ({ client, explain }) =>
      ModelService.attempt(name, limits, {
        request,
        open: (signal, fetch) =>
          client(fetch).chat.completions.create(toParams(request, service, quirks, asked), { signal }),
        explain: explain.thrown,
        answer: new Answer(name, quirks)
      }))

  const limiting = ModelService.fallbackOnRefusal(ChatErrors.isOutputLimitRefusal)
  const forcing = ModelService.fallbackOnRefusal(ChatErrors.isForcedToolRefusal)
  const promising = ModelService.fallbackOnRefusal(ChatErrors.isJsonRefusal)

  /** The call, without what the model has refused before, or refuses now. */
  const adapted = (request: LlmRequest): Effect.Effect<LlmResponse, LlmError> => {
    const hasTools = request.tools.length > 0
    const ask = (asked: Omit<RequestVariant, "outputLimit">) =>
      limiting(
        request,
        attempt(request, { ...asked, outputLimit: quirks.outputLimit }),
        attempt(request, {
          ...asked,
          outputLimit: quirks.outputLimit === "max_tokens" ? "max_completion_tokens" : "max_tokens"
        })
      )
    const plain = ask({ forced: false, json: false })
    if (hasTools && request.toolChoice === "required") {
      return forcing(request, ask({ forced: true, json: false }), plain)
    }
    return !hasTools && request.format === "json" && quirks.json
      ? promising(request, ask({ forced: false, json: true }), plain)
      : plain
  }

  const send = Effect.fn("Chat.send")(function*(request: LlmRequest) {
    yield* Effect.annotateCurrentSpan({ model: request.model, service })
    return yield* Effect.suspend(() => adapted(request)).pipe(
      Effect.mapError((error) => ChatErrors.isToolsRefusal(error) ? withoutTools(error) : error),
      Retry.retrying(service, limits)
    )
  })

  const asked = service === "ollama"
    ? yield* ModelWindow.make(
      Effect.succeed(Window.askOllama(url, apiKey)),
      Window.readRunning,
      Window.loadLimit
    )
    : yield* ModelWindow.make(
      Effect.map(
        connect,
        ({ client }): ModelWindow.ModelInfoRequest => (_model, fetch, signal) =>
          client(fetch).get<unknown>(Window.listOf(service, url), { signal })
      ),
      Window.read
    )
  // What a server of one's own has under a name is its own affair.
  const windowOf = quirks.isLocal ? asked : ModelWindow.listedOr(asked)

  return LlmProvider.of({ name: service, send, windowOf })
})

/** Marks an error as the refusal of tools as such. */
const withoutTools = ({ message, provider, reason }: LlmError) =>
  new LlmError({ provider, reason, message, refusesTools: true })

/** Models of a service that speaks Chat Completions, over OpenAI's SDK. */
export const layer = (settings: ChatSettings): Layer.Layer<LlmProvider> => Layer.effect(LlmProvider, make(settings))

/** The layer with its options from Effect's `Config`. */
export const layerConfig: (options: Config.Wrap<ChatSettings>) => Layer.Layer<LlmProvider, Config.ConfigError> =
  layerConfigOf(layer)

/** The service without a key: its calls fail, and say so. */
export const layerWithoutKey = (service: ChatServiceName): Layer.Layer<LlmProvider> =>
  ModelService.layerWithoutKey(describe(service))

/** Limits for the service's calls of a job that has to be done within `deadline`. */
export const limitsWithin = (service: ChatServiceName, deadline: Duration.Duration): CallLimits => {
  const limits = Retry.limitsWithin(deadline)
  return { ...limits, idle: Duration.min(quirksOf[service].idle, limits.attempt) }
}
