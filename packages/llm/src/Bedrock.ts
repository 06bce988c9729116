import { KnownSecrets } from "@nominal-code/domain/secret/KnownSecrets"
import { layerConfigOf } from "@nominal-code/domain/settings/LayerConfig"
import { oneLine } from "@nominal-code/domain/text/OneLine"
import { type Config, Effect, Layer, Option, Redacted, Schema } from "effect"
import * as Errors from "./anthropic/Errors.ts"
import * as Messages from "./anthropic/Messages.ts"
import { type AwsCredentials, signing } from "./anthropic/Signing.ts"
import { type CallLimits, LlmError } from "./LlmError.ts"
import { LlmProvider, type PresenceLookup } from "./LlmProvider.ts"
import { asked, missing, there } from "./ModelPresence.ts"
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
  /** Address of the region's lists of models. Absent: the usual one, unless `baseUrl` is an endpoint of one's own. */
  readonly listUrl?: string
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
    () => import("./anthropic/AwsCredentialChain.ts")
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

/** Path of a model among a region's: that of an inference profile, as `eu.anthropic.…`, or that of a model itself. */
const pathOf = (model: string): string =>
  `${
    /^(?:arn:|anthropic\.)/.test(model) && !model.includes("inference-profile/")
      ? "foundation-models"
      : "inference-profiles"
  }/${encodeURIComponent(model)}`

const decodeProfiles = Schema.decodeUnknownOption(
  Schema.Struct({ inferenceProfileSummaries: Schema.Array(Schema.Struct({ inferenceProfileId: Schema.String })) })
)

/** Statuses of a model that is not there: its name is not known, or cannot be one. */
const notThere: ReadonlySet<number> = new Set([400, 404])

/** Makes the service from settings, for a program with its own configuration. */
export const make = Effect.fnUntraced(function*(settings: BedrockSettings) {
  const { apiKey, baseUrl, credentials, limits, region } = settings
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

  const keys = Option.match(credentials, { onNone: () => discovered, onSome: Effect.succeed })

  /** Connection with a key. */
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
    const own = yield* keys
    const connection: Messages.Connection = {
      explain: Errors.fromSdk(loaded, name, own.secretAccessKey),
      client: (fetch) =>
        new loaded.Anthropic({
          ...Messages.unconfigured,
          // The SDK refuses to be without a key. The signature takes its place.
          apiKey: "signed",
          baseURL: url,
          fetch: signing(AwsV4Signer, { region, keys: own }, fetch)
        })
    }
    return connection
  })

  /** Asks the region for something about its models. */
  const ask = (url: string) =>
    Option.match(apiKey, {
      onSome: (key) => asked(name, url, { authorization: `Bearer ${Redacted.value(key)}` }),
      onNone: () =>
        Effect.flatMap(
          Effect.all([signer, keys]),
          ([{ AwsV4Signer }, keys]) => asked(name, url, {}, (fetch) => signing(AwsV4Signer, { region, keys }, fetch))
        )
    })

  const presenceOf: PresenceLookup = Effect.fnUntraced(function*(model: string) {
    const usual = Option.isNone(baseUrl) ? `https://bedrock.${region}.amazonaws.com` : undefined
    const list = settings.listUrl ?? usual
    if (list === undefined) return Option.none()
    const { status } = yield* ask(`${list}/${pathOf(model)}`)
    if (status === 200) return there
    // The role may be allowed to call models, and not to list them.
    if (!notThere.has(status)) return Option.none()
    const { body } = yield* ask(`${list}/inference-profiles?maxResults=1000`)
    return missing(
      Option.match(decodeProfiles(body), {
        onNone: () => [],
        onSome: ({ inferenceProfileSummaries: all }) => all.map(({ inferenceProfileId }) => inferenceProfileId)
      })
    )
  })

  return {
    ...Messages.make(name, limits, Option.match(apiKey, { onNone: () => signed, onSome: keyed })),
    presenceOf
  }
})

/** Claude in Amazon Bedrock, over Anthropic's SDK. */
export const layer = (settings: BedrockSettings): Layer.Layer<LlmProvider> => Layer.effect(LlmProvider, make(settings))

/** The layer with its options from Effect's `Config`. */
export const layerConfig: (options: Config.Wrap<BedrockSettings>) => Layer.Layer<LlmProvider, Config.ConfigError> =
  layerConfigOf(layer)

/** The service without a region: its calls fail, and say so. */
export const layerWithoutKey = ModelService.layerWithoutKey({ ...name, keyVariable: "AWS_REGION" })
