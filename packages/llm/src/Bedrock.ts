import { KnownSecrets } from "@nominal-code/domain/KnownSecrets"
import { oneLine } from "@nominal-code/domain/OneLine"
import { Effect, Layer, Option, Redacted } from "effect"
import * as Errors from "./anthropic/Errors.ts"
import * as Messages from "./anthropic/Messages.ts"
import { type AwsCredentials, signing } from "./anthropic/Signing.ts"
import { type CallLimits, LlmError } from "./LlmError.ts"
import { LlmProvider } from "./LlmProvider.ts"
import * as ModelService from "./ModelService.ts"

/** Region and credentials of Claude in Amazon Bedrock. */
export interface BedrockSettings {
  readonly region: string
  /** None: the endpoint `bedrock-runtime` of the region. */
  readonly baseUrl: Option.Option<string>
  /** A Bedrock API key. None: requests are signed with the credentials. */
  readonly apiKey: Option.Option<Redacted.Redacted>
  /** None: those that AWS's SDK finds: of the environment, a profile, a web identity, a container or an instance. */
  readonly credentials: Option.Option<AwsCredentials>
  readonly limits: CallLimits
}

const name: ModelService.ServiceDescription = {
  provider: "bedrock",
  api: "Amazon Bedrock API",
  keyVariable: "AWS_BEARER_TOKEN_BEDROCK or the AWS role",
  sdk: "@anthropic-ai/sdk"
}

const noCredentials = (cause: unknown) =>
  new LlmError({
    provider: name.provider,
    reason: "unauthorized",
    message: `No AWS credentials are found: ${oneLine(cause instanceof Error ? cause.message : String(cause), 300)}`
  })

/** Credentials of AWS's own chain, which keeps them until they expire. */
const chain = Effect.map(
  ModelService.load(
    { ...name, sdk: "@aws-sdk/credential-provider-node" },
    () => import("@aws-sdk/credential-provider-node")
  ),
  ({ defaultProvider }) => {
    const find = defaultProvider()
    return Effect.tryPromise({ try: () => find(), catch: noCredentials }).pipe(
      Effect.map(({ accessKeyId, secretAccessKey, sessionToken }): AwsCredentials => ({
        accessKeyId: Redacted.make(accessKeyId),
        secretAccessKey: Redacted.make(secretAccessKey),
        sessionToken: Option.map(Option.fromUndefinedOr(sessionToken), (token) => Redacted.make(token))
      }))
    )
  }
)

/** Makes the service from settings, for a program with its own configuration. */
export const make = Effect.fnUntraced(function*({ apiKey, baseUrl, credentials, limits, region }: BedrockSettings) {
  const url = Option.getOrElse(baseUrl, () => `https://bedrock-runtime.${region}.amazonaws.com/anthropic`)
  const sdk = yield* Effect.cached(ModelService.load(name, () => import("@anthropic-ai/sdk")))
  const signer = yield* Effect.cached(
    ModelService.load({ ...name, sdk: "aws4fetch" }, () => import("aws4fetch"))
  )
  const secrets = yield* KnownSecrets
  const found = yield* Effect.cached(chain)

  /** Credentials of the chain. They are not in the configuration, so redaction learns of them here. */
  const discovered = Effect.tap(
    Effect.flatten(found),
    ({ secretAccessKey, sessionToken }) =>
      Effect.forEach([secretAccessKey, ...Option.toArray(sessionToken)], secrets.add, { discard: true })
  )

  /** Connection that is told by its key. */
  const keyed = (key: Redacted.Redacted) =>
    Effect.map(sdk, (sdk): Messages.Connection => ({
      explain: Errors.fromSdk(sdk, name, key),
      client: (fetch) =>
        new sdk.Anthropic({ ...Messages.unconfigured, apiKey: Redacted.value(key), baseURL: url, fetch })
    }))

  /** Connection whose requests are signed. */
  const signed = Effect.gen(function*() {
    const loaded = yield* sdk
    const { AwsV4Signer } = yield* signer
    const keys = yield* Option.match(credentials, { onNone: () => discovered, onSome: Effect.succeed })
    const connection: Messages.Connection = {
      explain: Errors.fromSdk(loaded, name, keys.secretAccessKey),
      client: (fetch) =>
        new loaded.Anthropic({
          ...Messages.unconfigured,
          // The SDK refuses to be without a key. The signature takes its place.
          apiKey: "signed",
          baseURL: url,
          fetch: signing(AwsV4Signer, { region, keys }, fetch)
        })
    }
    return connection
  })

  return Messages.make(name, limits, Option.match(apiKey, { onNone: () => signed, onSome: keyed }))
})

/** Claude in Amazon Bedrock, over Anthropic's SDK. */
export const layer = (settings: BedrockSettings): Layer.Layer<LlmProvider> => Layer.effect(LlmProvider, make(settings))

/** The service without a region: its calls fail, and say so. */
export const layerWithoutKey = ModelService.layerWithoutKey({ ...name, keyVariable: "AWS_REGION" })
