import { Clock, Duration, Effect, Option, Redacted } from "effect"
import { createHash, createHmac, timingSafeEqual } from "node:crypto"
import { WebhookError } from "../ForgeError.ts"
import type { WebhookHeaders, WebhookRequest } from "../Webhooks.ts"
import type { GitLabWebhookOptions } from "./Options.ts"

const refuse = (message: string) => new WebhookError({ reason: "invalid-signature", message })

const digest = (bytes: Uint8Array) => createHash("sha256").update(bytes).digest()

/** Compares digests, so that the time tells neither the place of a difference nor the length. */
const isSame = (a: Uint8Array, b: Uint8Array): boolean => timingSafeEqual(digest(a), digest(b))

const checkToken = Effect.fnUntraced(function*(secret: Redacted.Redacted, headers: WebhookHeaders) {
  const given = headers["x-gitlab-token"]
  if (given === undefined) {
    return yield* refuse("the delivery has no x-gitlab-token: set the same secret token on the hook")
  }
  // Node reads a header's bytes as Latin-1, whatever they are.
  if (!isSame(Buffer.from(given, "latin1"), Buffer.from(Redacted.value(secret), "utf8"))) {
    return yield* refuse("x-gitlab-token is not this server's: the hook and this server have different secrets")
  }
})

/** Age at which a signed delivery is refused, so that a copied one cannot be sent again later. */
const tolerance = Duration.minutes(5)

/** The id, time and signatures of a signed delivery. */
const signedIn = Effect.fnUntraced(function*(headers: WebhookHeaders) {
  const { "webhook-id": id, "webhook-signature": given, "webhook-timestamp": timestamp } = headers
  if (id === undefined || given === undefined || timestamp === undefined) {
    return yield* refuse("the delivery is not signed: set the same signing token on the hook")
  }
  if (!/^\d{1,12}$/.test(timestamp)) return yield* refuse("webhook-timestamp is no number of seconds")
  const age = Math.abs((yield* Clock.currentTimeMillis) - Number(timestamp) * 1000)
  if (age > Duration.toMillis(tolerance)) {
    return yield* refuse(
      `webhook-timestamp is more than ${
        Duration.format(tolerance)
      } from now: compare the clocks of GitLab and this server`
    )
  }
  // A hook whose token is being replaced signs with the old and the new one.
  return { signed: `${id}.${timestamp}.`, signatures: given.split(" ") }
})

/** Checks the signature over id, time and raw bytes, as Standard Webhooks describes it. */
const checkSignature = Effect.fnUntraced(function*(signingToken: Redacted.Redacted, { body, headers }: WebhookRequest) {
  const { signatures, signed } = yield* signedIn(headers)
  const key = Buffer.from(Redacted.value(signingToken).replace(/^whsec_/, ""), "base64")
  const expected = Buffer.from(`v1,${createHmac("sha256", key).update(signed).update(body).digest("base64")}`)
  if (!signatures.some((one) => isSame(Buffer.from(one), expected))) {
    return yield* refuse("webhook-signature does not match: the hook and this server have different signing tokens")
  }
})

/** Refuses a delivery without the secret token or without a signature, where they are configured. */
export const verifyHeaders = Effect.fn("GitLab.verifyHeaders")(function*(
  { allowUnsigned, secret, signingToken }: GitLabWebhookOptions,
  headers: WebhookHeaders
) {
  if (Option.isNone(secret) && Option.isNone(signingToken) && !allowUnsigned) {
    return yield* refuse(
      "no webhook secret is configured, so no delivery can be trusted: set GITLAB_WEBHOOK_SECRET or GITLAB_SIGNING_TOKEN"
    )
  }
  if (Option.isSome(secret)) yield* checkToken(secret.value, headers)
  if (Option.isSome(signingToken)) yield* signedIn(headers)
})

/**
 * Checks the secret token and the signature, each where it is configured, in constant time. A delivery without either
 * passes only where the configuration says that unsigned ones may.
 */
export const verifyDelivery = Effect.fn("GitLab.verify")(function*(
  options: GitLabWebhookOptions,
  request: WebhookRequest
) {
  yield* verifyHeaders(options, request.headers)
  if (Option.isSome(options.signingToken)) yield* checkSignature(options.signingToken.value, request)
})
