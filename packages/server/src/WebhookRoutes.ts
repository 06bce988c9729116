import type { WebhookError } from "@nominal-code/forge/ForgeError"
import { type ForgeWebhooks, Webhooks } from "@nominal-code/forge/Webhooks"
import { ByteSize, Effect } from "effect"
import {
  HttpIncomingMessage,
  HttpRouter,
  type HttpServerError,
  type HttpServerRequest,
  HttpServerResponse
} from "effect/http"
import { Intake, type Receipt } from "./Intake.ts"

/** Maximum size of a delivery's body, enforced while it is read. */
const maxBodySize = ByteSize.mebibytes(5)

const json = (status: number, body: unknown) => HttpServerResponse.jsonUnsafe(body, { status })

/**
 * Answer to a delivery. A refusal by policy is a success for the forge, because forges disable hooks that are answered
 * 4xx.
 */
const answer = (receipt: Receipt) => json(receipt.status === "accepted" ? 202 : 200, receipt)

const refuseWebhook = (error: WebhookError) =>
  Effect.as(
    Effect.logWarning(`webhook refused: ${error.message}`),
    error.reason === "invalid-signature"
      ? HttpServerResponse.text("Invalid signature", { status: 401 })
      : json(400, { status: "error", message: error.message })
  )

const refuseBody = (error: HttpServerError.HttpServerError) => {
  const tooLarge = error.reason._tag === "RequestParseError" && error.reason.reason === "BodyTooLarge"
  const message = tooLarge
    ? `the body is larger than ${ByteSize.format(maxBodySize)}`
    : "the body could not be read to its end; send the delivery again"
  return Effect.as(
    Effect.logWarning(`webhook refused: ${message}`),
    json(tooLarge ? 413 : 400, { status: "error", message })
  )
}

const receive = Effect.fn("WebhookRoutes.receive")(
  function*(webhooks: ForgeWebhooks, request: HttpServerRequest.HttpServerRequest) {
    const intake = yield* Intake
    const body = yield* Effect.provideService(request.arrayBuffer, HttpIncomingMessage.MaxBodySize, maxBodySize)
    return answer(yield* intake.receive(webhooks, { headers: request.headers, body: new Uint8Array(body) }))
  },
  Effect.catchTags({
    WebhookError: refuseWebhook,
    HttpServerError: refuseBody,
    // Not acknowledged, so not lost: the forge lists it as failed, and it can be delivered again.
    StoreError: (error) =>
      Effect.as(
        Effect.logError(`delivery not stored: ${error.message}`),
        json(503, { status: "error", message: "The delivery could not be stored. Deliver it again." })
      )
  }),
  Effect.catchDefect((defect) =>
    Effect.as(
      Effect.logError("delivery failed", defect),
      json(500, { status: "error", message: "Internal server error" })
    )
  )
)

/** One route for each forge: `POST /webhooks/github`, and so on. */
export const layer = HttpRouter.use((router) =>
  Effect.flatMap(Webhooks, (forges) =>
    Effect.forEach(
      forges,
      (webhooks) => router.add("POST", `/webhooks/${webhooks.platform}`, (request) => receive(webhooks, request)),
      { discard: true }
    ))
)
