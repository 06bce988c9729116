import type { Job } from "@nominal-code/domain/Job"
import { countDeliveries } from "@nominal-code/domain/Metrics"
import { Platform } from "@nominal-code/domain/PullRequest"
import { parentIn, traceparentOf } from "@nominal-code/domain/Trace"
import { type ForgeWebhooks, type WebhookHeaders, type WebhookRequest, Webhooks } from "@nominal-code/forge/Webhooks"
import { Array, ByteSize, Clock, Context, Duration, Effect, Exit, FiberSet, Layer, Result } from "effect"
import type { IncomingMessage, ServerResponse } from "node:http"
import type { Arrival } from "./Decision.ts"
import * as DeliveryBodies from "./DeliveryBodies.ts"
import { type DirectHandler, DirectRoutes } from "./DirectServer.ts"
import { Intake } from "./Intake.ts"
import { type Answer, answerOf, defective, failure, notStored, type Receipt, refusal } from "./Receipt.ts"

/** A delivery whose body has arrived. */
interface Received {
  readonly webhooks: ForgeWebhooks
  readonly request: WebhookRequest
  readonly arrival: Arrival
  readonly answer: (answer: Answer) => void
}

/** A delivery that is to be stored as a job. */
interface Admitted {
  readonly job: Job
  readonly answer: Received["answer"]
}

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

/** Makes the effect that takes deliveries together: those that start nothing are answered at once, the others when they are stored. */
const makeTaking = Effect.map(Intake, (intake) => {
  const counts = new Map<Receipt["status"], number>()
  const acknowledge = (answer: Received["answer"], receipt: Receipt) => {
    counts.set(receipt.status, (counts.get(receipt.status) ?? 0) + 1)
    answer(answerOf(receipt))
  }

  const refuse = (answer: Received["answer"], given: Answer, log: Effect.Effect<void>) =>
    Effect.as(Effect.andThen(Effect.sync(() => answer(given)), log), [])

  const decide = ({ answer, arrival, request, webhooks }: Received) =>
    Effect.suspend(() => Effect.fromResult(intake.decide(webhooks, request, arrival))).pipe(
      Effect.flatMap((decision): Effect.Effect<ReadonlyArray<Admitted>> =>
        decision._tag === "Admitted"
          ? Effect.succeed([{ job: decision.job, answer }])
          : Effect.map(intake.dismiss(decision), (receipt) => {
            acknowledge(answer, receipt)
            return []
          })
      ),
      Effect.catch((error) => refuse(answer, refusal(error), Effect.logWarning(`webhook refused: ${error.message}`))),
      Effect.catchDefect((defect) => refuse(answer, defective, Effect.logError("delivery failed", defect)))
    )

  const store = Effect.fnUntraced(function*(admitted: ReadonlyArray<Admitted>) {
    const receipts = yield* intake.offer(admitted.map(({ job }) => job))
    for (const [{ answer }, receipt] of Array.zip(admitted, receipts)) {
      if (Result.isSuccess(receipt)) acknowledge(answer, receipt.success)
      else yield* refuse(answer, notStored, Effect.logError(`delivery not stored: ${receipt.failure.message}`))
    }
  }, (effect, admitted) =>
    Effect.catchDefect(effect, (defect) =>
      Effect.andThen(
        Effect.sync(() => admitted.forEach(({ answer }) => answer(defective))),
        Effect.logError("delivery failed", defect)
      )))

  const count = Effect.suspend(() => {
    const counted = [...counts]
    counts.clear()
    return Effect.forEach(counted, ([status, number]) => countDeliveries(status, number), { discard: true })
  })

  return Effect.fnUntraced(function*(received: ReadonlyArray<Received>) {
    const admitted = (yield* Effect.forEach(received, decide, { concurrency: 1 })).flat()
    if (admitted.length > 0) yield* store(admitted)
    yield* count
  }, Effect.uninterruptible)
})

const make = Effect.gen(function*() {
  const clock = yield* Clock.Clock
  const tracer = yield* Effect.tracer
  const readBody = yield* DeliveryBodies.make
  const take = yield* makeTaking
  const run = yield* FiberSet.makeRuntime<never>()

  // The deliveries of this turn of the event loop, which share a write of the store.
  let received: Array<Received> = []
  const takeAll = () => {
    const all = received
    received = []
    run(take(all))
  }
  const enqueue = (one: Received) => {
    if (received.push(one) === 1) setImmediate(takeAll)
  }

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

  const refuse = (response: ServerResponse, answer: Answer, why: string) => {
    send(response, answer)
    run(Effect.logWarning(`webhook refused: ${why}`))
  }

  const receive = (webhooks: ForgeWebhooks, request: IncomingMessage, response: ServerResponse) => {
    const headers = headersOf(request)
    const verified = webhooks.verifyHeaders(headers, clock.currentTimeMillisUnsafe())
    if (Result.isFailure(verified)) {
      request.resume()
      return refuse(response, refusal(verified.failure), verified.failure.message)
    }
    const span = spanOf(headers)
    const answer = (given: Answer) => {
      span.attribute("http.response.status_code", given.status)
      span.end(clock.currentTimeNanosUnsafe(), Exit.void)
      send(response, given)
    }
    readBody(request, response, {
      onBody: (body) =>
        enqueue({
          webhooks,
          request: { headers, body },
          arrival: { at: clock.currentTimeMillisUnsafe(), traceparent: traceparentOf(span) },
          answer
        }),
      onRefusal: (reason) => {
        const given = bodyRefusal(webhooks)(reason)
        refuse(response, given, given.text)
      }
    })
  }

  return (webhooks: ForgeWebhooks): DirectHandler => (request, response) => {
    const begun = Result.try(() => receive(webhooks, request, response))
    if (Result.isFailure(begun)) {
      send(response, defective)
      run(Effect.logError("delivery failed", begun.failure))
    }
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
