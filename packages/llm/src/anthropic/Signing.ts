import type { AwsV4Signer } from "aws4fetch"
import { Option, Redacted } from "effect"
import type { Transport } from "../Transport.ts"

/** Credentials of an AWS account or role. */
export interface AwsCredentials {
  readonly accessKeyId: Redacted.Redacted
  readonly secretAccessKey: Redacted.Redacted
  /** Of temporary credentials only. */
  readonly sessionToken: Option.Option<Redacted.Redacted>
}

/** Names of Bedrock's endpoints in a signature, by their hosts. */
const serviceOf = (url: string): string =>
  new URL(url).host.startsWith("bedrock-mantle.") ? "bedrock-mantle" : "bedrock"

/** A `fetch` that signs its requests (Signature Version 4). */
export const signing = (
  Signer: typeof AwsV4Signer,
  { keys: { accessKeyId, secretAccessKey, sessionToken }, region }: {
    readonly region: string
    readonly keys: AwsCredentials
  },
  fetch: Transport["fetch"]
): Transport["fetch"] =>
(input, init = {}) => {
  const url = input instanceof Request ? input.url : String(input)
  const signer = new Signer({
    url,
    region,
    service: serviceOf(url),
    method: init.method ?? "GET",
    headers: new Headers(init.headers),
    body: init.body ?? null,
    accessKeyId: Redacted.value(accessKeyId),
    secretAccessKey: Redacted.value(secretAccessKey),
    ...Option.match(sessionToken, {
      onNone: () => ({}),
      onSome: (token) => ({ sessionToken: Redacted.value(token) })
    })
  })
  return signer.sign().then(({ headers }) => fetch(url, { ...init, headers }))
}
