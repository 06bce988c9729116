import { Platform } from "@nominal-code/domain/event/PullRequest"
import { parentIn, traceparentOf } from "@nominal-code/domain/telemetry/Trace"
import { type ForgeWebhooks, type WebhookHeaders, Webhooks } from "@nominal-code/forge/Webhooks"
import { ByteSize, Clock, Context, Duration, Effect, Exit, Layer, Result } from "effect"
import type { IncomingMessage, ServerResponse } from "node:http"
import * as DeliveryBatch from "./DeliveryBatch.ts"
import type { Reply } from "./DeliveryBatch.ts"
import * as DeliveryBodies from "./DeliveryBodies.ts"
import { type DirectHandler, DirectRoutes } from "./DirectServer.ts"
import { Intake } from "./Intake.ts"
import { type Answer, answerOf, failure, refusal } from "./Receipt.ts"

const headersOf = ({ headers }: IncomingMessage): WebhookHeaders => {
  const texts: Record<string, string> = {}
  for (const name of Object.keys(headers)) {
    const value = headers[name]
    if (typeof value === "string") texts[name] = value
  }
  return texts
}

/** Sends an answer, unless there is one. */
const send = (response: ServerResponse, { contentType, status, text }: Answer): void => {
  if (response.headersSent) return
  response.writeHead(status, { "content-type": contentType, "content-length": Buffer.byteLength(text) }).end(text)
}

const tooLarge = `the body is larger than ${ByteSize.format(DeliveryBodies.maxBodySize)}`

/**
 * Answers to bodies that were not read. GitLab stops a hook that is answered 4xx, and on it anybody can write a text that
 * makes a delivery too large: a note may have a million characters, and the payload repeats the merge request's
 * description.
 */
const bodyRefusal = ({ platform }: ForgeWebhooks) =>
  DeliveryBodies.BodyRefusal.$match({
    NoRoom: () => failure(503, "too many deliveries are being read; deliver it again"),
    TooLarge: () => platform === "gitlab" ? answerOf({ status: "ignored", reason: tooLarge }) : failure(413, tooLarge),
    TooSlow: () =>
      failure(408, `the body did not arrive within ${Duration.format(DeliveryBodies.patience)}; deliver it again`)
  })

const make = Effect.gen(function*() {
  const clock = yield* Clock.Clock
  const tracer = yield* Effect.tracer
  const intake = yield* Intake
  const readBody = yield* DeliveryBodies.make
  const batch = yield* DeliveryBatch.make

  /** The span of a delivery, which continues the trace of its request. */
  const spanOf = (headers: WebhookHeaders) =>
    tracer.span({
      name: "Intake.receive",
      parent: parentIn(headers["traceparent"]),
      annotations: Context.empty(),
      links: [],
      startTime: clock.currentTimeNanosUnsafe(),
      kind: "server",
      root: false,
      sampled: true
    })

  const receive = (webhooks: ForgeWebhooks, request: IncomingMessage, response: ServerResponse) => {
    const headers = headersOf(request)
    const answer: Reply = (given) => send(response, given)
    const verified = webhooks.verifyHeaders(headers, clock.currentTimeMillisUnsafe())
    if (Result.isFailure(verified)) {
      request.resume()
      return batch.refuse(answer, refusal(verified.failure), verified.failure.message)
    }
    const span = spanOf(headers)
    const reply: Reply = (given) => {
      span.attribute("http.response.status_code", given.status)
      span.end(clock.currentTimeNanosUnsafe(), Exit.void)
      answer(given)
    }
    readBody(request, response, {
      onBody: (body) => {
        const arrival = { at: clock.currentTimeMillisUnsafe(), traceparent: traceparentOf(span) }
        batch.add(() => intake.decide(webhooks, { headers, body }, arrival), reply)
      },
      onRefusal: (reason) => {
        const given = bodyRefusal(webhooks)(reason)
        batch.refuse(answer, given, given.text)
      }
    })
  }

  return (webhooks: ForgeWebhooks): DirectHandler => (request, response) => {
    const begun = Result.try(() => receive(webhooks, request, response))
    if (Result.isFailure(begun)) batch.fail((given) => send(response, given), begun.failure)
  }
})

/** Answer for a forge that is not configured. GitLab stops a hook that is answered 4xx; on GitHub, it shows as failed. */
const unserved = (platform: Platform): Answer =>
  platform === "gitlab"
    ? answerOf({
      status: "ignored",
      reason: "GitLab is not configured here: set GITLAB_TOKEN and GITLAB_WEBHOOK_SECRET"
    })
    : failure(404, "GitHub is not configured here: set GITHUB_TOKEN and GITHUB_WEBHOOK_SECRET")

/** One route for each forge: `POST /webhooks/github`, and so on. */
export const layer = Layer.effectDiscard(Effect.gen(function*() {
  const routes = yield* DirectRoutes
  const served = yield* Webhooks
  const handlerOf = yield* make
  for (const platform of Platform.literals) {
    const webhooks = served.find((one) => one.platform === platform)
    const refuse: DirectHandler = (request, response) => {
      request.resume()
      send(response, unserved(platform))
    }
    yield* routes.add(`/webhooks/${platform}`, webhooks === undefined ? refuse : handlerOf(webhooks))
  }
}))
