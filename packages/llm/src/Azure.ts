import { Effect, type FileSystem, Layer, Option, Redacted } from "effect"
import { readable } from "./chat/ErrorBody.ts"
import type { CallLimits } from "./LlmError.ts"
import { LlmProvider } from "./LlmProvider.ts"
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
    return Responses.make(name, limits, connect)
  }
)

/** OpenAI's models in Azure, over OpenAI's SDK. */
export const layer = (settings: AzureSettings): Layer.Layer<LlmProvider, never, FileSystem.FileSystem> =>
  Layer.effect(LlmProvider, make(settings))

/** The service without an endpoint: its calls fail, and say so. */
export const layerWithoutKey = ModelService.layerWithoutKey({ ...name, keyVariable: "AZURE_OPENAI_ENDPOINT" })
