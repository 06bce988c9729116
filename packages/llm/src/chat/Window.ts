import type { ChatServiceName } from "@nominal-code/domain/model/ChatServices"
import { Duration, Option, Redacted, Schema } from "effect"
import type { ModelInfoRequest } from "../ModelWindow.ts"

const count = Schema.optionalKey(Schema.NullOr(Schema.Finite))

/** A model of a list, with the names that services have for its window. */
const Listed = Schema.Struct({
  id: Schema.String,
  loaded_context_length: count,
  max_model_len: count,
  context_length: count,
  context_window: count,
  max_context_length: count
})

const List = Schema.Union([Schema.Array(Schema.Unknown), Schema.Struct({ data: Schema.Array(Schema.Unknown) })])

const decodeList = Schema.decodeUnknownOption(List)
const decodeModel = Schema.decodeUnknownOption(Listed)

/** Address of a service's list of models, which tells their windows. LM Studio tells them beside OpenAI's API only. */
export const listOf = (service: ChatServiceName, baseUrl: string): string => {
  const base = baseUrl.replace(/\/+$/, "")
  return service === "lmstudio" ? `${base.replace(/\/v1$/, "")}/api/v0/models` : `${base}/models`
}

const Running = Schema.Struct({
  models: Schema.Array(Schema.Struct({ name: Schema.String, model: Schema.String, context_length: count }))
})

const decodeRunning = Schema.decodeUnknownOption(Running)

/** Name of a model as Ollama lists it. */
const tagged = (model: string): string => /:[^/]*$/.test(model) ? model : `${model}:latest`

/** Window of a model that Ollama has loaded, which is less than the model's own. */
export const readRunning = (told: unknown, model: string): Option.Option<number> =>
  Option.flatMap(decodeRunning(told), ({ models }) => {
    const found = models.find((one) => one.name === tagged(model) || one.model === tagged(model))
    return Option.fromNullishOr(found?.context_length)
  })

/** Time in which Ollama loads a model. The first call would wait as long. */
export const loadLimit = Duration.minutes(2)

/**
 * Asks Ollama for the models that it has loaded. Only of those it tells the window, which depends on its settings and on
 * the machine's memory. So it loads the model first, if it has not, as the first call would.
 */
export const askOllama =
  (baseUrl: string, key: Option.Option<Redacted.Redacted>): ModelInfoRequest => (model, fetch, signal) => {
    const root = baseUrl.replace(/\/+$/, "").replace(/\/v1$/, "")
    const headers = Option.match(key, {
      onNone: () => ({}),
      onSome: (key) => ({ authorization: `Bearer ${Redacted.value(key)}` })
    })
    const running = () =>
      fetch(`${root}/api/ps`, { headers, signal }).then((response): Promise<unknown> => response.json())
    // Without a prompt, it loads the model and says nothing.
    const load = () => {
      const body = JSON.stringify({ model, stream: false })
      const json = { ...headers, "content-type": "application/json" }
      return fetch(`${root}/api/generate`, { method: "POST", headers: json, body, signal })
        .then((response) => response.arrayBuffer())
    }
    return running().then((told) => Option.isSome(readRunning(told, model)) ? told : load().then(running))
  }

/** The window of a model in a service's list: that of the server as it runs, if it tells. */
export const read = (told: unknown, model: string): Option.Option<number> =>
  Option.flatMap(decodeList(told), (list) => {
    const all: ReadonlyArray<unknown> = "data" in list ? list.data : list
    const found = all.flatMap((one) => Option.toArray(decodeModel(one))).find(({ id }) => id === model)
    return Option.fromNullishOr(
      found?.loaded_context_length ?? found?.max_model_len ?? found?.context_length ?? found?.context_window ??
        found?.max_context_length
    )
  })
