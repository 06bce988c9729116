import type { ProviderName } from "@nominal-code/domain/settings/ReviewSettings"
import type { Setting } from "@nominal-code/domain/settings/Setting"
import { Option, type Redacted } from "effect"
import type { AzureIdentity, CloudSettings } from "./AppConfig.ts"
import { settings } from "./Settings.ts"
import type { Values } from "./Values.ts"

const { azure, bedrock, vertex } = settings.clouds

/** Name of a provider whose models belong to an account of a cloud. */
export type CloudName = keyof typeof settings.clouds

export const isCloud = (name: ProviderName): name is CloudName => name in settings.clouds

/** A setting that an account lacks, with the reason why it is needed. */
export interface MissingSetting {
  readonly setting: Setting<unknown>
  readonly why: string
}

type CloudResult = CloudSettings | MissingSetting

export const isMissing = (account: CloudResult): account is MissingSetting => "why" in account

const bedrockAccount = (values: Values): CloudResult => {
  const region = values(bedrock.region)
  if (Option.isNone(region)) {
    return { setting: bedrock.region, why: "AWS_REGION must be set: the provider \"bedrock\" needs a region" }
  }
  const given = { accessKeyId: values(bedrock.accessKeyId), secretAccessKey: values(bedrock.secretAccessKey) }
  const credentials = Option.all(given)
  if (Option.isNone(credentials) && Object.values(given).some(Option.isSome)) {
    return {
      setting: Option.isNone(given.accessKeyId) ? bedrock.accessKeyId : bedrock.secretAccessKey,
      why: "must be set beside the other half of the access key"
    }
  }
  return {
    _tag: "Bedrock",
    region: region.value,
    credentials: Option.map(credentials, (keys) => ({ ...keys, sessionToken: values(bedrock.sessionToken) }))
  }
}

const vertexAccount = (values: Values, hasKey: boolean): CloudResult => {
  const project = values(vertex.project)
  if (Option.isNone(project) && !hasKey) {
    return { setting: vertex.project, why: "GOOGLE_CLOUD_PROJECT must be set: the provider \"vertex\" needs a project" }
  }
  return {
    _tag: "Vertex",
    project: Option.getOrElse(project, () => ""),
    location: values(vertex.location),
    credentialsFile: values(vertex.credentialsFile)
  }
}

/** The identity to get tokens for: a token that is there, an application, or that of the app or the machine. */
const azureIdentity = (values: Values): AzureIdentity => {
  const token = values(azure.token)
  if (Option.isSome(token)) return { _tag: "Token", token: token.value }
  const application = Option.all({ tenantId: values(azure.tenantId), clientId: values(azure.clientId) })
  const secret: Option.Option<Redacted.Redacted> = values(azure.clientSecret)
  const tokenFile = values(azure.tokenFile)
  if (Option.isSome(application) && Option.isSome(secret)) {
    return { _tag: "ClientSecret", ...application.value, secret: secret.value }
  }
  if (Option.isSome(application) && Option.isSome(tokenFile)) {
    return { _tag: "Workload", ...application.value, tokenFile: tokenFile.value }
  }
  const host = Option.all({ endpoint: values(azure.identityEndpoint), header: values(azure.identityHeader) })
  return {
    _tag: "Managed",
    ...Option.match(values(azure.clientId), { onNone: () => ({}), onSome: (clientId) => ({ clientId }) }),
    ...Option.match(host, { onNone: () => ({}), onSome: (host) => ({ host }) })
  }
}

const azureAccount = (values: Values): CloudResult => {
  const endpoint = settings.providers.azure.baseUrl
  if (Option.isNone(values(endpoint))) {
    return { setting: endpoint, why: "AZURE_OPENAI_ENDPOINT must be set: the provider \"azure\" has no usual address" }
  }
  return {
    _tag: "Azure",
    apiVersion: values(azure.apiVersion),
    identity: azureIdentity(values),
    authority: values(azure.authority)
  }
}

/** Resolves the account of a cloud, or the setting that it lacks. `hasKey`: the provider has a key of its own. */
export const resolveCloud = (name: CloudName, values: Values, hasKey: boolean): CloudResult =>
  ({
    bedrock: () => bedrockAccount(values),
    vertex: () => vertexAccount(values, hasKey),
    azure: () => azureAccount(values)
  })[name]()
