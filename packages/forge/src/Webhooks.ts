import type { Platform } from "@nominal-code/domain/event/PullRequest"
import type { PullRequestEvent } from "@nominal-code/domain/event/PullRequestEvent"
import { Context, type Option, type Result } from "effect"
import type { WebhookError } from "./ForgeError.ts"

/** Headers of a webhook request. Their names are lower-case. */
export type WebhookHeaders = Readonly<Record<string, string | undefined>>

/** A webhook request as it came over the wire. */
export interface WebhookRequest {
  readonly headers: WebhookHeaders
  readonly body: Uint8Array
}

/** A parsed delivery: its id, and its event or the reason to ignore it. */
export interface Delivery {
  readonly id: string
  readonly event: Option.Option<PullRequestEvent>
  /** Reason to ignore the delivery. */
  readonly ignored: string
}

/**
 * The webhooks of one forge: how its deliveries are verified and read. All of it is synchronous, and a refusal is a
 * value: this is on the path of every delivery. `now` is in milliseconds since the epoch.
 */
export interface ForgeWebhooks {
  readonly platform: Platform
  /** Refuses a request whose headers alone show that the forge did not send it, before its body is read. */
  verifyHeaders(headers: WebhookHeaders, now: number): Result.Result<void, WebhookError>
  /** Checks the signature over the raw bytes, in constant time; fails before anything is parsed. */
  verify(request: WebhookRequest, now: number): Result.Result<void, WebhookError>
  /** Parses a payload into an event. Fails on a request that no forge would send; an irrelevant event is no failure. */
  parse(request: WebhookRequest): Result.Result<Delivery, WebhookError>
}

/** The webhooks of the forges that this process serves, each on a route of its own. */
export class Webhooks extends Context.Service<Webhooks, ReadonlyArray<ForgeWebhooks>>()(
  "@nominal-code/forge/Webhooks"
) {}
