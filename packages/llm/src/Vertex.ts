import { KnownSecrets } from "@nominal-code/domain/KnownSecrets"
import { oneLine } from "@nominal-code/domain/OneLine"
import { Effect, Layer, Option, Redacted } from "effect"
import * as Content from "./google/Content.ts"
import * as Errors from "./google/Errors.ts"
import { type CallLimits, LlmError } from "./LlmError.ts"
import { LlmProvider } from "./LlmProvider.ts"
import * as ModelService from "./ModelService.ts"

/** Project, location and credentials of Gemini in Google Cloud. */
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

    /** Connection that is told by its key. */
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

    /** Connection with the credentials of the account. */
    const authorized = Effect.gen(function*() {
      const loaded = yield* sdk
      const auth = yield* account
      const authClient = yield* Effect.tryPromise({ try: () => auth.getClient(), catch: noCredentials })
      // The library keeps it until it expires. Asked for here, because in the SDK its absence would look like an outage.
      const { token } = yield* Effect.tryPromise({ try: () => authClient.getAccessToken(), catch: noCredentials })
      const secret = Redacted.make(token ?? "")
      yield* secrets.add(secret)
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
    return { ...Content.make(name, limits, connect), presenceOf: Content.presenceOf(connect) }
  }
)

/** Gemini in Google Cloud, over the official SDK. */
export const layer = (settings: VertexSettings): Layer.Layer<LlmProvider> => Layer.effect(LlmProvider, make(settings))

/** The service without a project: its calls fail, and say so. */
export const layerWithoutKey = ModelService.layerWithoutKey({ ...name, keyVariable: "GOOGLE_CLOUD_PROJECT" })

export { limitsWithin } from "./google/Content.ts"
