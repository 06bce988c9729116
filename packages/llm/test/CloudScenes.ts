import { NodeServices } from "@effect/platform-node"
import * as Azure from "@nominal-code/llm/Azure"
import * as Bedrock from "@nominal-code/llm/Bedrock"
import type { LlmProvider } from "@nominal-code/llm/LlmProvider"
import type { ServiceSettings } from "@nominal-code/llm/ModelService"
import { EntraIdentity } from "@nominal-code/llm/openai/EntraToken"
import * as Vertex from "@nominal-code/llm/Vertex"
import { Effect, FileSystem, Option, Redacted, type Scope } from "effect"
import { scripted, serve, status } from "./ScriptedService.ts"

type Make = (settings: ServiceSettings) => Effect.Effect<LlmProvider["Service"], never, Scope.Scope>

export const secretKey = "wJalrXUtnFEMI-K7MDENG-bPxRfiCYEXAMPLEKEY"

const atBedrock = (settings: Pick<Bedrock.BedrockSettings, "apiKey" | "credentials">): Make => ({ baseUrl, limits }) =>
  Bedrock.make({ ...settings, baseUrl, limits, region: "eu-central-1" })

/** Bedrock, with requests that are signed. */
export const bedrock = scripted(
  atBedrock({
    apiKey: Option.none(),
    credentials: Option.some({
      accessKeyId: Redacted.make("AKIDEXAMPLE"),
      secretAccessKey: Redacted.make(secretKey),
      sessionToken: Option.some(Redacted.make("a-session-token"))
    })
  }),
  secretKey,
  "/anthropic"
)

/** Bedrock, with a key of its own. */
export const bedrockWithKey = scripted(
  atBedrock({ apiKey: Option.some(Redacted.make("ABSK-very-secret")), credentials: Option.none() }),
  "ABSK-very-secret",
  "/anthropic"
)

/** Bedrock, with requests that are signed with the credentials that AWS's chain finds. */
export const bedrockOfChain = scripted(
  atBedrock({ apiKey: Option.none(), credentials: Option.none() }),
  secretKey,
  "/anthropic"
)

export const accessToken = "ya29.very-secret"

/** File of a workload's identity, whose token is exchanged at this address. */
const workloadIdentity = Effect.fnUntraced(function*(tokenUrl: string) {
  const fs = yield* FileSystem.FileSystem
  const directory = yield* fs.makeTempDirectoryScoped()
  yield* fs.writeFileString(`${directory}/subject`, "a-subject-token")
  yield* fs.writeFileString(
    `${directory}/credentials.json`,
    JSON.stringify({
      type: "external_account",
      audience: "//iam.googleapis.com/projects/1/locations/global/workloadIdentityPools/p/providers/k",
      subject_token_type: "urn:ietf:params:oauth:token-type:jwt",
      token_url: tokenUrl,
      credential_source: { file: `${directory}/subject` }
    })
  )
  return `${directory}/credentials.json`
})

/** Vertex AI, with Application Default Credentials of a workload, for which Google's token service answers this. */
const atVertex = (answer: object): Make => ({ baseUrl, limits }) =>
  Effect.gen(function*() {
    const tokens = yield* serve([
      status(200, {
        issued_token_type: "urn:ietf:params:oauth:token-type:access_token",
        token_type: "Bearer",
        expires_in: 3600,
        ...answer
      })
    ])
    const credentialsFile = Option.some(yield* workloadIdentity(`${tokens.url}/v1/token`))
    return yield* Vertex.make({
      project: "my-project",
      location: "global",
      apiKey: Option.none(),
      baseUrl,
      credentialsFile,
      limits
    })
  }).pipe(Effect.provide(NodeServices.layer), Effect.orDie)

export const vertex = scripted(atVertex({ access_token: accessToken }), accessToken)

/** Vertex AI, for whose account Google's token service answers without a token. */
export const vertexWithoutToken = scripted(atVertex({}), accessToken)

/** Azure with a key. */
const atAzure = (settings: Partial<Azure.AzureSettings>): Make => ({ apiKey, baseUrl, limits }) =>
  Azure.make({
    endpoint: Option.getOrThrow(baseUrl),
    apiKey: Option.some(apiKey),
    apiVersion: Option.none(),
    identity: EntraIdentity.cases.Managed.make({}),
    limits,
    ...settings
  }).pipe(Effect.provide(NodeServices.layer))

export const azureKey = "azure-very-secret"

/** Azure with the resource's key, at the API without versions. */
export const azure = scripted(atAzure({}), azureKey)

/** Azure at a dated version of its API. */
export const azureDated = scripted(atAzure({ apiVersion: Option.some("2025-04-01-preview") }), azureKey)

/** Azure with an identity of Microsoft Entra, whose tokens come from this address. */
export const azureWith = (identity: EntraIdentity, address: string) =>
  scripted(
    atAzure({ apiKey: Option.none(), identity, addresses: { authority: address, metadata: address } }),
    azureKey
  )
