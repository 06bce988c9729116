import { Duration, Option, Redacted, Result } from "effect"
import { createHash, createHmac, timingSafeEqual } from "node:crypto"
import { WebhookError } from "../ForgeError.ts"
import type { WebhookHeaders, WebhookRequest } from "../Webhooks.ts"
import type { GitLabWebhookOptions } from "./Options.ts"

const refuse = (message: string) => Result.fail(new WebhookError({ reason: "invalid-signature", message }))

const digest = (bytes: Uint8Array) => createHash("sha256").update(bytes).digest()

/** Compares digests, so that the time tells neither the place of a difference nor the length. */
const isSame = (a: Uint8Array, b: Uint8Array): boolean => timingSafeEqual(digest(a), digest(b))

const checkToken = (secret: Redacted.Redacted, headers: WebhookHeaders): Result.Result<void, WebhookError> => {
  const given = headers["x-gitlab-token"]
  if (given === undefined) return refuse("the delivery has no x-gitlab-token: set the same secret token on the hook")
  // Node reads a header's bytes as Latin-1, whatever they are.
  return isSame(Buffer.from(given, "latin1"), Buffer.from(Redacted.value(secret), "utf8"))
    ? Result.void
    : refuse("x-gitlab-token is not this server's: the hook and this server have different secrets")
}

/** Age at which a signed delivery is refused, so that a copied one cannot be sent again later. */
const tolerance = Duration.minutes(5)

/** Signed text before the body, and its signatures. */
interface SignedPrefix {
  readonly signed: string
  readonly signatures: ReadonlyArray<string>
}

/** The id, time and signatures of a signed delivery. */
const signedIn = (headers: WebhookHeaders, now: number): Result.Result<SignedPrefix, WebhookError> => {
  const { "webhook-id": id, "webhook-signature": given, "webhook-timestamp": timestamp } = headers
  if (id === undefined || given === undefined || timestamp === undefined) {
    return refuse("the delivery is not signed: set the same signing token on the hook")
  }
  if (!/^\d{1,12}$/.test(timestamp)) return refuse("webhook-timestamp is no number of seconds")
  if (Math.abs(now - Number(timestamp) * 1000) > Duration.toMillis(tolerance)) {
    const limit = Duration.format(tolerance)
    return refuse(`webhook-timestamp is more than ${limit} from now: compare the clocks of GitLab and this server`)
  }
  // A hook whose token is being replaced signs with the old and the new one.
  return Result.succeed({ signed: `${id}.${timestamp}.`, signatures: given.split(" ") })
}

/** Checks the signature over id, time and raw bytes, as Standard Webhooks describes it. */
const checkSignature = (signingToken: Redacted.Redacted, { body, headers }: WebhookRequest, now: number) =>
  Result.flatMap(signedIn(headers, now), ({ signatures, signed }): Result.Result<void, WebhookError> => {
    const key = Buffer.from(Redacted.value(signingToken).replace(/^whsec_/, ""), "base64")
    const expected = Buffer.from(`v1,${createHmac("sha256", key).update(signed).update(body).digest("base64")}`)
    return signatures.some((one) => isSame(Buffer.from(one), expected))
      ? Result.void
      : refuse("webhook-signature does not match: the hook and this server have different signing tokens")
  })

/** Refuses a delivery without the secret token or without a signature, where they are configured. */
export const verifyHeaders = (
  { allowUnsigned, secret, signingToken }: GitLabWebhookOptions,
  headers: WebhookHeaders,
  now: number
): Result.Result<void, WebhookError> => {
  if (Option.isNone(secret) && Option.isNone(signingToken) && !allowUnsigned) {
    return refuse(
      "no webhook secret is configured, so no delivery can be trusted: set GITLAB_WEBHOOK_SECRET or GITLAB_SIGNING_TOKEN"
    )
  }
  const token = Option.isSome(secret) ? checkToken(secret.value, headers) : Result.void
  return Option.isNone(signingToken)
    ? token
    : Result.flatMap(token, () => Result.map(signedIn(headers, now), () => undefined))
}

/**
 * Checks the secret token and the signature, each where it is configured, in constant time. A delivery without either
 * passes only where the configuration says that unsigned ones may.
 */
export const verifyDelivery = (
  options: GitLabWebhookOptions,
  request: WebhookRequest,
  now: number
): Result.Result<void, WebhookError> =>
  Result.flatMap(
    verifyHeaders(options, request.headers, now),
    () => Option.isNone(options.signingToken) ? Result.void : checkSignature(options.signingToken.value, request, now)
  )
