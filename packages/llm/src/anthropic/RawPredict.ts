import { Option, Schema } from "effect"
import type { Transport } from "../Transport.ts"

/** Place of Claude's models in Google Cloud. */
export interface RawPredictPlace {
  readonly project: string
  /** A region, `us`, `eu` or `global`. */
  readonly location: string
}

/** Endpoint of Vertex AI in a location. */
export const endpointOf = (location: string): string => {
  if (location === "global") return "https://aiplatform.googleapis.com"
  return location === "us" || location === "eu"
    ? `https://aiplatform.${location}.rep.googleapis.com`
    : `https://${location}-aiplatform.googleapis.com`
}

/** Version of the Messages API that Google knows. */
const version = "vertex-2023-10-16"

const decode = Schema.decodeUnknownOption(
  Schema.fromJsonString(Schema.StructWithRest(Schema.Struct({ model: Schema.String }), [
    Schema.Record(Schema.String, Schema.Json)
  ]))
)

/** A `fetch` that makes a streamed call of the Messages API one of Vertex AI's, where the address names the model. */
export const rawPredict =
  ({ location, project }: RawPredictPlace, root: string, fetch: Transport["fetch"]): Transport["fetch"] =>
  (input, init = {}) =>
    Option.match(decode(init.body), {
      onNone: () => fetch(input, init),
      onSome: ({ model, ...call }) =>
        fetch(
          `${root}/v1/projects/${encodeURIComponent(project)}/locations/${encodeURIComponent(location)}` +
            `/publishers/anthropic/models/${encodeURIComponent(model)}:streamRawPredict`,
          { ...init, body: JSON.stringify({ ...call, anthropic_version: version }) }
        )
    })
