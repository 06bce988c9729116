import { Effect, Option, Redacted } from "effect"
import { createHmac, timingSafeEqual } from "node:crypto"
import { WebhookError } from "../ForgeError.ts"
import type { WebhookRequest } from "../Webhooks.ts"
import type { GitHubWebhookOptions } from "./Options.ts"

const header = "x-hub-signature-256"

const refuse = (message: string) => new WebhookError({ reason: "invalid-signature", message })

/**
 * Checks `X-Hub-Signature-256` over the raw bytes, in constant time. A delivery without a configured secret passes
 * only where the configuration says that unsigned ones may.
 */
export const verifySignature = Effect.fn("GitHub.verify")(function*(
  { allowUnsigned, secret }: GitHubWebhookOptions,
  request: WebhookRequest
) {
  if (Option.isNone(secret)) {
    if (allowUnsigned) return
    return yield* refuse("no webhook secret is configured, so no delivery can be trusted: set GITHUB_WEBHOOK_SECRET")
  }
  const given = request.headers[header]
  if (given === undefined) return yield* refuse(`the delivery has no ${header}: set the same secret on the hook`)
  const [, hex] = /^sha256=([0-9a-f]{64})$/.exec(given) ?? []
  if (hex === undefined) return yield* refuse(`${header} is not "sha256=" and 64 hex digits`)
  const expected = createHmac("sha256", Redacted.value(secret.value)).update(request.body).digest()
  if (!timingSafeEqual(expected, Buffer.from(hex, "hex"))) {
    return yield* refuse(`${header} does not match the body: the hook and this server have different secrets`)
  }
})
