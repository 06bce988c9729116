import { Duration, Schema } from "effect"

/** Rate limit: the forge asks us to wait, and did not carry out the request. */
export class RateLimited extends Schema.TaggedError<RateLimited>()("RateLimited", {
  retryAfter: Schema.Duration,
  /** True if the forge named no time: `retryAfter` is then its general advice, and grows from one try to the next. */
  assumed: Schema.optionalKey(Schema.Literal(true))
}) {
  override get message() {
    return `the forge asks to wait ${Duration.format(this.retryAfter)}`
  }
}

/** The forge does not accept the credentials, whatever they are used for: they are wrong, expired or revoked. */
export class Unauthorized extends Schema.TaggedError<Unauthorized>()("Unauthorized", { message: Schema.String }) {}

/** The credentials are good, and lack a permission that this call needs. */
export class Forbidden extends Schema.TaggedError<Forbidden>()("Forbidden", { message: Schema.String }) {}

/** No such repository, pull request or comment, or none that the credentials may see. */
export class NotFound extends Schema.TaggedError<NotFound>()("NotFound", { message: Schema.String }) {}

/**
 * Reason of a refusal that is not about the request itself. `locked`: the pull request's conversation. `archived`: the
 * repository. `sso`: the organization wants the token authorised for single sign-on. `pending-review`: the account has
 * an unsubmitted review on the pull request, beside which the forge takes no other.
 */
export const RefusalReason = Schema.Literals(["locked", "archived", "sso", "pending-review"])

/** The forge understood the request and refuses it. */
export class Refused extends Schema.TaggedError<Refused>()("Refused", {
  status: Schema.Int,
  because: Schema.optionalKey(RefusalReason),
  message: Schema.String
}) {}

/** No answer, a broken answer or a server error. The same request may succeed later. */
export class Unavailable extends Schema.TaggedError<Unavailable>()("Unavailable", { message: Schema.String }) {}

/** A failed call of the forge: its operation and its reason. */
export class ForgeError extends Schema.TaggedError<ForgeError>()("ForgeError", {
  /** Name and target of the operation: `GitHub.publish acme/shop#7`. */
  operation: Schema.String,
  reason: Schema.Union([RateLimited, Unauthorized, Forbidden, NotFound, Refused, Unavailable])
}) {
  override get message() {
    return `${this.reason.message} (${this.operation})`
  }

  /** True if the same call may succeed later, with nothing changed on our side. */
  get retryable() {
    return this.reason._tag === "RateLimited" || this.reason._tag === "Unavailable"
  }
}

/** A webhook request that is refused. `reason` chooses the status of the answer. */
export class WebhookError extends Schema.TaggedError<WebhookError>()("WebhookError", {
  reason: Schema.Literals(["invalid-signature", "malformed"]),
  message: Schema.String
}) {}
