import { defaulted, optional } from "@nominal-code/domain/settings/Setting"
import { path, secret, word } from "@nominal-code/domain/settings/SettingType"
import { endpoint } from "../Url.ts"

const id = word("text", "letters, digits, dots and hyphens", /^[\w.-]+$/)
const key = secret(word("key", "a key: visible ASCII characters only", /^[\x21-\x7e]+$/))

/** Accounts of the clouds whose models are asked with their credentials. The variables are those of the clouds' SDKs. */
export const clouds = {
  bedrock: {
    region: optional({
      env: ["AWS_REGION", "AWS_DEFAULT_REGION"],
      travels: "pod",
      kind: id,
      doc: "The region of Amazon Bedrock."
    }),
    accessKeyId: optional({
      env: "AWS_ACCESS_KEY_ID",
      travels: "pod",
      kind: key,
      byDefault: "the role",
      doc:
        "An access key for Amazon Bedrock. Without one, the credentials are those that AWS's SDK finds, such as a role."
    }),
    secretAccessKey: optional({
      env: "AWS_SECRET_ACCESS_KEY",
      travels: "pod",
      kind: key,
      doc: "Its secret."
    }),
    sessionToken: optional({
      env: "AWS_SESSION_TOKEN",
      travels: "pod",
      kind: key,
      doc: "Its session token, of temporary credentials."
    })
  },
  vertex: {
    project: optional({
      env: "GOOGLE_CLOUD_PROJECT",
      travels: "pod",
      kind: id,
      doc: "The project of Vertex AI."
    }),
    location: defaulted("global", {
      env: "GOOGLE_CLOUD_LOCATION",
      travels: "pod",
      kind: id,
      doc: "The location of Vertex AI."
    }),
    credentialsFile: optional({
      env: "GOOGLE_APPLICATION_CREDENTIALS",
      kind: path,
      byDefault: "those that Google's library finds",
      doc: "The file of the credentials for Vertex AI."
    })
  },
  azure: {
    apiVersion: optional({
      env: ["AZURE_OPENAI_API_VERSION", "OPENAI_API_VERSION"],
      travels: "pod",
      kind: id,
      byDefault: "the API `v1`, which has no dated versions",
      doc: "A dated version of the Azure OpenAI API, from `2025-04-01-preview` on."
    }),
    token: optional({
      env: "AZURE_OPENAI_AD_TOKEN",
      travels: "pod",
      kind: key,
      doc: "A token of Microsoft Entra in place of the key, for a short run: nothing renews it."
    }),
    tenantId: optional({
      env: "AZURE_TENANT_ID",
      travels: "pod",
      kind: id,
      doc: "The tenant of an application that Microsoft Entra gives tokens."
    }),
    clientId: optional({
      env: "AZURE_CLIENT_ID",
      travels: "pod",
      kind: id,
      doc: "The application, or one of several managed identities of the machine."
    }),
    clientSecret: optional({
      env: "AZURE_CLIENT_SECRET",
      travels: "pod",
      kind: key,
      doc: "The secret of the application."
    }),
    tokenFile: optional({
      env: "AZURE_FEDERATED_TOKEN_FILE",
      kind: path,
      doc: "The token that the cluster writes for the application, in place of a secret."
    }),
    identityEndpoint: optional({
      env: "IDENTITY_ENDPOINT",
      kind: endpoint,
      byDefault: "the metadata service of the machine",
      doc:
        "The address of tokens that App Service, Functions and Container Apps set for an app with a managed identity."
    }),
    identityHeader: optional({
      env: "IDENTITY_HEADER",
      kind: key,
      doc: "The secret that they set beside it."
    }),
    authority: optional({
      env: "AZURE_AUTHORITY_HOST",
      travels: "pod",
      kind: endpoint,
      byDefault: "`https://login.microsoftonline.com`",
      doc: "Microsoft Entra in a national cloud."
    })
  }
}
