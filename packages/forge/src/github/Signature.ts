import { Option, Redacted, Result } from "effect"
import { createHmac, timingSafeEqual } from "node:crypto"
import { WebhookError } from "../ForgeError.ts"
import type { WebhookHeaders, WebhookRequest } from "../Webhooks.ts"
import type { GitHubWebhookOptions } from "./Options.ts"

const header = "x-hub-signature-256"

const refuse = (message: string) => Result.fail(new WebhookError({ reason: "invalid-signature", message }))

interface Signature {
  readonly secret: Redacted.Redacted
  readonly bytes: Uint8Array
}

/** The signature of a delivery; none where it needs none. */
const signatureIn = (
  { allowUnsigned, secret }: GitHubWebhookOptions,
  headers: WebhookHeaders
): Result.Result<Option.Option<Signature>, WebhookError> => {
  if (Option.isNone(secret)) {
    return allowUnsigned
      ? Result.succeedNone
      : refuse("no webhook secret is configured, so no delivery can be trusted: set GITHUB_WEBHOOK_SECRET")
  }
  const given = headers[header]
  if (given === undefined) return refuse(`the delivery has no ${header}: set the same secret on the hook`)
  const [, hex] = /^sha256=([0-9a-f]{64})$/.exec(given) ?? []
  if (hex === undefined) return refuse(`${header} is not "sha256=" and 64 hex digits`)
  return Result.succeedSome({ secret: secret.value, bytes: Buffer.from(hex, "hex") })
}

/** Refuses a delivery without a well-formed `X-Hub-Signature-256`, unless the configuration takes unsigned ones. */
export const verifyHeaders = (options: GitHubWebhookOptions, headers: WebhookHeaders) =>
  Result.map(signatureIn(options, headers), () => undefined)

const isOf = ({ bytes, secret }: Signature, body: Uint8Array): boolean =>
  timingSafeEqual(createHmac("sha256", Redacted.value(secret)).update(body).digest(), bytes)

/**
 * Checks `X-Hub-Signature-256` over the raw bytes, in constant time. A delivery without a configured secret passes
 * only where the configuration says that unsigned ones may.
 */
export const verifySignature = (
  options: GitHubWebhookOptions,
  { body, headers }: WebhookRequest
): Result.Result<void, WebhookError> =>
  Result.flatMap(signatureIn(options, headers), (signature) =>
    Option.isNone(signature) || isOf(signature.value, body)
      ? Result.void
      : refuse(`${header} does not match the body: the hook and this server have different secrets`))
