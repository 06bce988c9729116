import { KnownSecrets } from "@nominal-code/domain/secret/KnownSecrets"
import { layerConfigOf } from "@nominal-code/domain/settings/LayerConfig"
import { oneLine } from "@nominal-code/domain/text/OneLine"
import { type Config, Effect, Layer, Option, Redacted } from "effect"
import * as ClaudeErrors from "./anthropic/Errors.ts"
import * as Messages from "./anthropic/Messages.ts"
import { endpointOf, rawPredict } from "./anthropic/RawPredict.ts"
import * as Content from "./google/Content.ts"
import * as Errors from "./google/Errors.ts"
import { type CallLimits, LlmError } from "./LlmError.ts"
import { LlmProvider } from "./LlmProvider.ts"
import * as ModelService from "./ModelService.ts"

/** Project, location and credentials of Gemini and Claude in Google Cloud. */
export interface VertexSettings {
  /** A key of the express mode, which has its own project. None: the credentials. */
  readonly apiKey: Option.Option<Redacted.Redacted>
  readonly project: string
  /** A region, or `global`. */
  readonly location: string
  /** None: the endpoint of the location. */
  readonly baseUrl: Option.Option<string>
  /** File of the credentials. None: those that Google's library finds (Application Default Credentials). */
  readonly credentialsFile: Option.Option<string>
  readonly limits: CallLimits
}

const name: ModelService.ServiceDescription = {
  provider: "vertex",
  api: "Vertex AI API",
  keyVariable: "the role of the account in GOOGLE_CLOUD_PROJECT",
  sdk: "@google/genai"
}

const scope = "https://www.googleapis.com/auth/cloud-platform"

const noCredentials = (cause: unknown) =>
  new LlmError({
    provider: name.provider,
    reason: "unauthorized",
    message: `No Google Cloud credentials are found: ${
      oneLine(cause instanceof Error ? cause.message : String(cause), 300)
    }`
  })

/** True for a model that Google Cloud has of Anthropic: `claude-sonnet-5-5`, or `claude-haiku-4-5@20251001`. */
const isClaude = (model: string): boolean => model.startsWith("claude-")

const withoutProject = ModelService.failure(
  name,
  "unauthorized",
  "Claude in Vertex AI takes no key: set GOOGLE_CLOUD_PROJECT, and credentials in place of VERTEX_API_KEY"
)

/** Makes the service from settings, for a program with its own configuration. */
export const make = Effect.fnUntraced(
  function*({ apiKey, baseUrl, credentialsFile, limits, location, project }: VertexSettings) {
    const secrets = yield* KnownSecrets
    const sdk = yield* Effect.cached(ModelService.load(name, () => import("@google/genai")))
    const account = yield* Effect.cached(
      Effect.map(
        ModelService.load({ ...name, sdk: "google-auth-library" }, () => import("google-auth-library")),
        ({ GoogleAuth }) =>
          new GoogleAuth({
            scopes: scope,
            ...Option.match(credentialsFile, { onNone: () => ({}), onSome: (keyFilename) => ({ keyFilename }) })
          })
      )
    )

    const httpOptions = Option.match(baseUrl, { onNone: () => ({}), onSome: (baseUrl) => ({ baseUrl }) })

    /** Connection with a key. */
    const keyed = (key: Redacted.Redacted) =>
      Effect.map(sdk, (loaded): Content.Connection => ({
        sdk: loaded,
        explain: Errors.fromSdk(loaded, name, key),
        client: (fetch) =>
          new loaded.GoogleGenAI({
            vertexai: true,
            apiKey: Redacted.value(key),
            apiVersion: "v1",
            httpOptions: { ...httpOptions, fetch }
          })
      }))

    /** Access of the account: what Google's SDK takes, and the token. */
    const granted = Effect.gen(function*() {
      const auth = yield* account
      const authClient = yield* Effect.tryPromise({ try: () => auth.getClient(), catch: noCredentials })
      // The library keeps it until it expires. Asked for here, because in the SDK its absence would look like an outage.
      const { token } = yield* Effect.tryPromise({ try: () => authClient.getAccessToken(), catch: noCredentials })
      if (!token) return yield* noCredentials("Google's library gave no access token")
      const secret = Redacted.make(token)
      yield* secrets.add(secret)
      return { authClient, secret }
    })

    /** Connection with the credentials of the account. */
    const authorized = Effect.gen(function*() {
      const loaded = yield* sdk
      const { authClient, secret } = yield* granted
      const connection: Content.Connection = {
        sdk: loaded,
        explain: Errors.fromSdk(loaded, name, secret),
        client: (fetch) =>
          new loaded.GoogleGenAI({
            vertexai: true,
            project,
            location,
            apiVersion: "v1",
            googleAuthOptions: { authClient },
            httpOptions: { ...httpOptions, fetch }
          })
      }
      return connection
    })
    const connect = Option.match(apiKey, { onNone: () => authorized, onSome: keyed })
    const gemini = Content.make(name, limits, connect)

    const claudeSdk = yield* Effect.cached(
      ModelService.load({ ...name, sdk: "@anthropic-ai/sdk" }, () => import("@anthropic-ai/sdk"))
    )
    const root = Option.getOrElse(baseUrl, () => endpointOf(location))

    /** Connection with Claude, which takes no key of the express mode. */
    const withClaude = Effect.gen(function*() {
      if (Option.isSome(apiKey)) return yield* withoutProject
      const loaded = yield* claudeSdk
      const { secret } = yield* granted
      const connection: Messages.Connection = {
        explain: ClaudeErrors.fromSdk(loaded, name, secret),
        client: (fetch) =>
          new loaded.Anthropic({
            ...Messages.unconfigured,
            authToken: Redacted.value(secret),
            baseURL: root,
            fetch: rawPredict({ project, location }, root, fetch)
          })
      }
      return connection
    })
    const claude = Messages.make(name, limits, withClaude)

    const service: LlmProvider["Service"] = {
      ...gemini,
      send: (request) => isClaude(request.model) ? claude.send(request) : gemini.send(request),
      presenceOf: (model) => isClaude(model) ? Effect.succeedNone : Content.presenceOf(connect)(model)
    }
    return service
  }
)

/** Gemini and Claude in Google Cloud, over the official SDKs. */
export const layer = (settings: VertexSettings): Layer.Layer<LlmProvider> => Layer.effect(LlmProvider, make(settings))

/** The layer with its options from Effect's `Config`. */
export const layerConfig: (options: Config.Wrap<VertexSettings>) => Layer.Layer<LlmProvider, Config.ConfigError> =
  layerConfigOf(layer)

/** The service without a project: its calls fail, and say so. */
export const layerWithoutKey = ModelService.layerWithoutKey({ ...name, keyVariable: "GOOGLE_CLOUD_PROJECT" })

export { limitsWithin } from "./google/Content.ts"
