import type { ChatServiceName } from "@nominal-code/domain/ChatServices"
import { Option, Schema } from "effect"

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
