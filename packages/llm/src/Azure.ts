import { layerConfigOf } from "@nominal-code/domain/settings/LayerConfig"
import { type Config, Effect, type FileSystem, Layer, Option, Redacted, Schema } from "effect"
import { readable } from "./chat/ErrorBody.ts"
import type { CallLimits } from "./LlmError.ts"
import { LlmProvider, type ModelPresence, type PresenceLookup } from "./LlmProvider.ts"
import { asked } from "./ModelPresence.ts"
import * as ModelService from "./ModelService.ts"
import * as EntraToken from "./openai/EntraToken.ts"
import * as Errors from "./openai/Errors.ts"
import { unconfigured } from "./openai/Options.ts"
import * as Responses from "./openai/Responses.ts"

/** Endpoint and credentials of OpenAI's models in Azure. The model of a request is the name of a deployment. */
export interface AzureSettings {
  /** `https://my-resource.openai.azure.com` */
  readonly endpoint: string
  /** None: the API `v1`, which has no dated versions. */
  readonly apiVersion: Option.Option<string>
  /** The resource's key. None: an identity of Microsoft Entra. */
  readonly apiKey: Option.Option<Redacted.Redacted>
  readonly identity: EntraToken.EntraIdentity
  readonly addresses?: Partial<EntraToken.EntraAddresses>
  readonly limits: CallLimits
}

const name: ModelService.ServiceDescription = {
  provider: "azure",
  api: "Azure OpenAI API",
  keyVariable: "AZURE_OPENAI_API_KEY or the identity's role",
  sdk: "openai"
}

/** The last version of the API that lists the deployments of a resource to its key. */
const listVersion = "2023-03-15-preview"

const decodeDeployments = Schema.decodeUnknownOption(
  Schema.Struct({ data: Schema.Array(Schema.Struct({ id: Schema.String })) })
)

/** Makes the service from settings, for a program with its own configuration. */
export const make = Effect.fnUntraced(
  function*({ addresses, apiKey, apiVersion, endpoint, identity, limits }: AzureSettings) {
    const sdk = yield* Effect.cached(ModelService.load(name, () => import("openai")))
    const { token } = yield* EntraToken.make(identity, { ...EntraToken.usualAddresses, ...addresses })
    const root = endpoint.replace(/\/+$/, "").replace(/\/openai(?:\/v1)?$/, "")

    const connect = Effect.gen(function*() {
      const loaded = yield* sdk
      const secret = yield* Option.match(apiKey, { onNone: () => token, onSome: Effect.succeed })
      const connection: Responses.Connection = {
        explain: Errors.explain(loaded, name, secret),
        client: (fetch) => {
          const value = Redacted.value(secret)
          const options = { ...unconfigured, fetch: readable(fetch) }
          if (Option.isNone(apiVersion)) {
            return new loaded.OpenAI({ ...options, apiKey: value, baseURL: `${root}/openai/v1` })
          }
          return new loaded.AzureOpenAI({
            ...options,
            baseURL: `${root}/openai`,
            apiVersion: apiVersion.value,
            ...(Option.isSome(apiKey) ? { apiKey: value } : { azureADTokenProvider: () => Promise.resolve(value) })
          })
        }
      }
      return connection
    })

    const presenceOf: PresenceLookup = Effect.fnUntraced(function*(model: string) {
      const headers = yield* Option.match(apiKey, {
        onNone: () => Effect.map(token, (token) => ({ authorization: `Bearer ${Redacted.value(token)}` })),
        onSome: (key) => Effect.succeed({ "api-key": Redacted.value(key) })
      })
      const { body, status } = yield* asked(name, `${root}/openai/deployments?api-version=${listVersion}`, headers)
      if (status === 401 || status === 403) {
        return yield* ModelService.failure(
          name,
          "unauthorized",
          `The ${name.api} refused the key (${status}), check ${name.keyVariable}`
        )
      }
      return Option.map(decodeDeployments(status === 200 ? body : null), ({ data }): ModelPresence => {
        const names = data.map(({ id }) => id)
        return { isThere: names.includes(model), others: names }
      })
    })

    return { ...Responses.make(name, limits, connect), presenceOf }
  }
)

/** OpenAI's models in Azure, over OpenAI's SDK. */
export const layer = (settings: AzureSettings): Layer.Layer<LlmProvider, never, FileSystem.FileSystem> =>
  Layer.effect(LlmProvider, make(settings))

/** The layer with its options from Effect's `Config`. */
export const layerConfig: (
  options: Config.Wrap<AzureSettings>
) => Layer.Layer<LlmProvider, Config.ConfigError, FileSystem.FileSystem> = layerConfigOf(layer)

/** The service without an endpoint: its calls fail, and say so. */
export const layerWithoutKey = ModelService.layerWithoutKey({ ...name, keyVariable: "AZURE_OPENAI_ENDPOINT" })
