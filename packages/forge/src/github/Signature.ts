import { Effect, Option, Redacted } from "effect"
import { createHmac, timingSafeEqual } from "node:crypto"
import { WebhookError } from "../ForgeError.ts"
import type { WebhookHeaders, WebhookRequest } from "../Webhooks.ts"
import type { GitHubWebhookOptions } from "./Options.ts"

const header = "x-hub-signature-256"

const refuse = (message: string) => new WebhookError({ reason: "invalid-signature", message })

/** The signature's bytes; none where a delivery needs no signature. */
const signatureIn = Effect.fnUntraced(
  function*({ allowUnsigned, secret }: GitHubWebhookOptions, headers: WebhookHeaders) {
    if (Option.isNone(secret)) {
      if (allowUnsigned) return Option.none()
      return yield* refuse("no webhook secret is configured, so no delivery can be trusted: set GITHUB_WEBHOOK_SECRET")
    }
    const given = headers[header]
    if (given === undefined) return yield* refuse(`the delivery has no ${header}: set the same secret on the hook`)
    const [, hex] = /^sha256=([0-9a-f]{64})$/.exec(given) ?? []
    if (hex === undefined) return yield* refuse(`${header} is not "sha256=" and 64 hex digits`)
    return Option.some({ secret: secret.value, signature: Buffer.from(hex, "hex") })
  }
)

/** Refuses a delivery without a well-formed `X-Hub-Signature-256`, unless the configuration takes unsigned ones. */
export const verifyHeaders = (options: GitHubWebhookOptions, headers: WebhookHeaders) =>
  Effect.asVoid(signatureIn(options, headers))

/**
 * Checks `X-Hub-Signature-256` over the raw bytes, in constant time. A delivery without a configured secret passes
 * only where the configuration says that unsigned ones may.
 */
export const verifySignature = Effect.fn("GitHub.verify")(
  function*(options: GitHubWebhookOptions, { body, headers }: WebhookRequest) {
    const signed = yield* signatureIn(options, headers)
    if (Option.isNone(signed)) return
    const { secret, signature } = signed.value
    const expected = createHmac("sha256", Redacted.value(secret)).update(body).digest()
    if (!timingSafeEqual(expected, signature)) {
      return yield* refuse(`${header} does not match the body: the hook and this server have different secrets`)
    }
  }
)
