import type { WebhookError } from "@nominal-code/forge/ForgeError"
import { type ForgeWebhooks, Webhooks } from "@nominal-code/forge/Webhooks"
import { ByteSize, Duration, Effect, Option } from "effect"
import {
  type Headers,
  HttpRouter,
  type HttpServerError,
  type HttpServerRequest,
  HttpServerResponse,
  HttpTraceContext
} from "effect/http"
import * as DeliveryBodies from "./DeliveryBodies.ts"
import { Intake, type Receipt } from "./Intake.ts"

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
    ? `the body is larger than ${ByteSize.format(DeliveryBodies.maxBodySize)}`
    : "the body could not be read to its end; send the delivery again"
  return Effect.as(
    Effect.logWarning(`webhook refused: ${message}`),
    json(tooLarge ? 413 : 400, { status: "error", message })
  )
}

/** The rest of a body that was not read is not waited for: the connection ends. One that was too slow gets no answer. */
const refuseUnread = ({ reason }: DeliveryBodies.BodyNotRead) => {
  const [status, message] = reason === "no-room"
    ? [503, "too many deliveries are being read; deliver it again"] as const
    : [408, `the body did not arrive within ${Duration.format(DeliveryBodies.patience)}; deliver it again`] as const
  return Effect.as(
    Effect.logWarning(`webhook refused: ${message}`),
    HttpServerResponse.setHeader(json(status, { status: "error", message }), "connection", "close")
  )
}

/** Continues the trace of a request. Effect does so itself as soon as there is a tracer that exports. */
const inTraceOf = (headers: Headers.Headers) => <A, E, R>(effect: Effect.Effect<A, E, R>) =>
  Effect.flatMap(
    Effect.option(Effect.currentParentSpan),
    (span) =>
      Option.match(Option.isSome(span) ? Option.none() : HttpTraceContext.fromHeaders(headers), {
        onNone: () => effect,
        onSome: (parent) => Effect.withParentSpan(effect, parent)
      })
  )

type ReadBody = Effect.Success<typeof DeliveryBodies.make>

const receive = Effect.fn("WebhookRoutes.receive")(
  function*(webhooks: ForgeWebhooks, readBody: ReadBody, request: HttpServerRequest.HttpServerRequest) {
    const intake = yield* Intake
    const { headers } = request
    yield* webhooks.verifyHeaders(headers)
    return answer(yield* readBody(request, (body) => intake.receive(webhooks, { headers, body })))
  },
  Effect.catchTags({
    BodyNotRead: refuseUnread,
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
  Effect.gen(function*() {
    const forges = yield* Webhooks
    const readBody = yield* DeliveryBodies.make
    for (const webhooks of forges) {
      yield* router.add(
        "POST",
        `/webhooks/${webhooks.platform}`,
        (request) => inTraceOf(request.headers)(receive(webhooks, readBody, request))
      )
    }
  })
)
