import type { WebhookError } from "@nominal-code/forge/ForgeError"
import type { OfferResult } from "@nominal-code/jobs/JobQueue"

/** Result of a delivery: the `status` of the answer, and its job if it has one. */
export interface Receipt {
  readonly status: "accepted" | "duplicate" | "busy" | "ignored" | "filtered" | "no_mention" | "unauthorized"
  readonly job?: string
  readonly reason?: string
}

/** Reason why a pull request's full lane takes no more. */
export const busy = ({ told, waiting }: OfferResult & { readonly _tag: "Full" }): string =>
  `${waiting} requests of this pull request wait already; this one was not added, and the pull request ` +
  (told ? "is told so" : "is about to be told so of an earlier one")

/** Receipt of a job that was offered. */
export const received = (offered: OfferResult): Receipt => {
  if (offered._tag === "Full") return { status: "busy", reason: busy(offered) }
  return { status: offered._tag === "Duplicate" ? "duplicate" : "accepted", job: offered.jobId }
}

/** Answer to a request. */
export interface Answer {
  readonly status: number
  readonly contentType: "application/json" | "text/plain"
  readonly text: string
}

const json = (status: number, body: object): Answer => ({
  status,
  contentType: "application/json",
  text: JSON.stringify(body)
})

export const failure = (status: number, message: string): Answer => json(status, { status: "error", message })

/**
 * Answer to a delivery. A refusal by policy is a success for the forge, because forges disable hooks that are answered
 * 4xx.
 */
export const answerOf = (receipt: Receipt): Answer => json(receipt.status === "accepted" ? 202 : 200, receipt)

export const refusal = ({ message, reason }: WebhookError): Answer =>
  reason === "invalid-signature"
    ? { status: 401, contentType: "text/plain", text: "Invalid signature" }
    : failure(400, message)

/** Answer to a delivery that could not be stored. The forge lists it as failed, and can deliver it again. */
export const notStored: Answer = failure(503, "The delivery could not be stored. Deliver it again.")

export const defective: Answer = failure(500, "Internal server error")
