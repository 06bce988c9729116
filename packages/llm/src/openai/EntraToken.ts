import { KnownSecrets } from "@nominal-code/domain/secret/KnownSecrets"
import { oneLine } from "@nominal-code/domain/text/OneLine"
import { Clock, Effect, FileSystem, Option, Redacted, Ref, Schema } from "effect"
import { HttpClient, HttpClientRequest, HttpClientResponse } from "effect/http"
import { LlmError } from "../LlmError.ts"
import * as NetworkHttp from "../NetworkHttp.ts"

/** Identity that Microsoft Entra knows. */
export const EntraIdentity = Schema.TaggedUnion({
  /** A token that somebody else renews. */
  Token: { token: Schema.Redacted(Schema.String) },
  /** An application with a secret. */
  ClientSecret: { tenantId: Schema.String, clientId: Schema.String, secret: Schema.Redacted(Schema.String) },
  /** A workload whose cluster writes it a token, such as a pod of AKS. */
  Workload: { tenantId: Schema.String, clientId: Schema.String, tokenFile: Schema.String },
  /**
   * A machine of Azure, or with `host` an app of App Service, Functions or Container Apps. `clientId`: of one of several
   * identities.
   */
  Managed: {
    clientId: Schema.optionalKey(Schema.String),
    host: Schema.optionalKey(Schema.Struct({ endpoint: Schema.String, header: Schema.Redacted(Schema.String) }))
  }
})
export type EntraIdentity = typeof EntraIdentity.Type

/** Addresses of the two services that give tokens. */
export interface EntraAddresses {
  /** `https://login.microsoftonline.com`, or that of a national cloud. */
  readonly authority: string
  /** Metadata service of a machine of Azure. */
  readonly metadata: string
}

export const usualAddresses: EntraAddresses = {
  authority: "https://login.microsoftonline.com",
  metadata: "http://169.254.169.254"
}

const audience = "https://cognitiveservices.azure.com"

/** Seconds before a token's expiry at which it is renewed. */
const margin = 300

// The metadata services write numbers as text.
const Seconds = Schema.optionalKey(Schema.Union([Schema.Finite, Schema.FiniteFromString]))

/** A token with its lifetime, or as apps get it with the instant of its end, in seconds since the epoch. */
const Answer = Schema.Struct({ access_token: Schema.NonEmptyString, expires_in: Seconds, expires_on: Seconds })

type TokenRequest = Effect.Effect<HttpClientRequest.HttpClientRequest, LlmError>

const failed = (reason: LlmError["reason"], message: string) => new LlmError({ provider: "azure", reason, message })

const clientCredentials = (
  { authority }: EntraAddresses,
  { clientId, tenantId }: { readonly tenantId: string; readonly clientId: string },
  proof: Readonly<Record<string, string>>
) =>
  HttpClientRequest.post(`${authority.replace(/\/+$/, "")}/${encodeURIComponent(tenantId)}/oauth2/v2.0/token`).pipe(
    HttpClientRequest.bodyUrlParams({
      grant_type: "client_credentials",
      client_id: clientId,
      scope: `${audience}/.default`,
      ...proof
    })
  )

/** Request of a token for the identity of the machine or the app. */
const managed = (
  { clientId, host }: Extract<EntraIdentity, { readonly _tag: "Managed" }>,
  addresses: EntraAddresses
) => {
  const params = { resource: audience, ...(clientId === undefined ? {} : { client_id: clientId }) }
  return host === undefined
    ? HttpClientRequest.get(`${addresses.metadata}/metadata/identity/oauth2/token`).pipe(
      HttpClientRequest.setHeader("metadata", "true"),
      HttpClientRequest.setUrlParams({ "api-version": "2018-02-01", ...params })
    )
    : HttpClientRequest.get(host.endpoint).pipe(
      HttpClientRequest.setHeader("x-identity-header", Redacted.value(host.header)),
      HttpClientRequest.setUrlParams({ "api-version": "2019-08-01", ...params })
    )
}

/** Request of a token for an identity that is asked for. */
const requestOf = (
  identity: Exclude<EntraIdentity, { readonly _tag: "Token" }>,
  addresses: EntraAddresses,
  files: FileSystem.FileSystem
): TokenRequest => {
  switch (identity._tag) {
    case "ClientSecret":
      return Effect.succeed(
        clientCredentials(addresses, identity, { client_secret: Redacted.value(identity.secret) })
      )
    case "Workload":
      return files.readFileString(identity.tokenFile).pipe(
        Effect.mapError(() => failed("unauthorized", `The token file "${identity.tokenFile}" is not readable`)),
        Effect.map((assertion) =>
          clientCredentials(addresses, identity, {
            client_assertion_type: "urn:ietf:params:oauth:client-assertion-type:jwt-bearer",
            client_assertion: assertion.trim()
          })
        )
      )
    case "Managed":
      return Effect.succeed(managed(identity, addresses))
  }
}

const asked = Effect.fnUntraced(function*(request: HttpClientRequest.HttpClientRequest) {
  const response = yield* HttpClient.execute(request).pipe(
    Effect.timeout("10 seconds"),
    Effect.mapError(({ message }) => failed("unavailable", `No token of Microsoft Entra: ${oneLine(message, 200)}`))
  )
  if (response.status !== 200) {
    const words = yield* Effect.orElseSucceed(response.text, () => "")
    const reason = response.status >= 500 || response.status === 429 ? "unavailable" : "unauthorized"
    return yield* failed(reason, `Microsoft Entra gives no token (${response.status}): ${oneLine(words, 300)}`)
  }
  return yield* HttpClientResponse.schemaBodyJson(Answer)(response).pipe(
    Effect.mapError(() => failed("unavailable", "Microsoft Entra answered with something that is no token"))
  )
})

/** Token of an identity, valid for the next call. */
export interface EntraTokens {
  readonly token: Effect.Effect<Redacted.Redacted, LlmError>
}

/** Makes the tokens of an identity. One is asked for again shortly before it expires. Redaction knows each. */
export const make = Effect.fnUntraced(function*(
  identity: EntraIdentity,
  addresses: EntraAddresses
): Effect.fn.Return<EntraTokens, never, FileSystem.FileSystem> {
  if (identity._tag === "Token") return { token: Effect.succeed(identity.token) }
  const files = yield* FileSystem.FileSystem
  const secrets = yield* KnownSecrets
  const kept = yield* Ref.make(Option.none<{ readonly token: Redacted.Redacted; readonly until: number }>())
  const token = Effect.gen(function*() {
    const now = yield* Clock.currentTimeMillis
    const before = Option.filter(yield* Ref.get(kept), ({ until }) => until > now)
    if (Option.isSome(before)) return before.value.token
    const answer = yield* Effect.flatMap(requestOf(identity, addresses, files), asked)
    const token = Redacted.make(answer.access_token)
    yield* secrets.add(token)
    const lifetime = answer.expires_in ?? (answer.expires_on ?? 0) - now / 1_000
    yield* Ref.set(kept, Option.some({ token, until: now + Math.max(0, lifetime - margin) * 1_000 }))
    return token
  })
  return { token: Effect.provide(token, NetworkHttp.layer) }
})
