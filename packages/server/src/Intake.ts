import { DeliveryId, Job, jobIdOfDelivery } from "@nominal-code/domain/Job"
import { Lane, laneKey, Namespace } from "@nominal-code/domain/Lane"
import { countDelivery } from "@nominal-code/domain/Metrics"
import { type Admission, admit, type Policy } from "@nominal-code/domain/Policy"
import { Login } from "@nominal-code/domain/PullRequest"
import type { PullRequestEvent } from "@nominal-code/domain/PullRequestEvent"
import { currentTraceparent } from "@nominal-code/domain/Trace"
import type { WebhookError } from "@nominal-code/forge/ForgeError"
import type { Delivery, ForgeWebhooks, WebhookRequest } from "@nominal-code/forge/Webhooks"
import { JobQueue, OfferResult } from "@nominal-code/jobs/JobQueue"
import type { StoreError } from "@nominal-code/persistence/StoreError"
import { Clock, Context, Effect, Layer, Option } from "effect"
import * as Acknowledgements from "./Acknowledgements.ts"

/** Result of a delivery: the `status` of the answer, and its job if it has one. */
export interface Receipt {
  readonly status: "accepted" | "duplicate" | "busy" | "ignored" | "filtered" | "no_mention" | "unauthorized"
  readonly job?: string
  readonly reason?: string
}

/**
 * Intake of webhook requests: signature check, decoding, policy decision and one durable write. Nothing here waits for
 * a forge or a model.
 */
export class Intake extends Context.Service<Intake, {
  receive(webhooks: ForgeWebhooks, request: WebhookRequest): Effect.Effect<Receipt, WebhookError | StoreError>
  /** Takes a delivery that came another way than as a request: by the same policy, under the same identity. */
  take(delivery: Delivery): Effect.Effect<Receipt, StoreError>
  /** True if the policy admits an event. */
  admits(event: PullRequestEvent): Effect.Effect<boolean>
}>()("@nominal-code/server/Intake") {}

type Admitted = typeof Admission.cases.Review.Type

const make = Effect.fnUntraced(function*(policy: Policy) {
  const queue = yield* JobQueue
  const acknowledgements = yield* Acknowledgements.Acknowledgements

  const jobOf = Effect.fnUntraced(
    function*(delivery: DeliveryId, event: PullRequestEvent, { prompt, unverified }: Admitted) {
      const { number, platform, repo } = event.pullRequest
      const traceparent = yield* currentTraceparent
      return new Job({
        id: jobIdOfDelivery(platform, delivery),
        lane: new Lane({ namespace: Namespace.make(""), platform, repo, number, bot: Login.make(policy.botUsername) }),
        event,
        prompt,
        ...(unverified === true ? { unverified } : {}),
        delivery,
        receivedAt: yield* Clock.currentTimeMillis,
        ...(Option.isSome(traceparent) ? { traceparent: traceparent.value } : {})
      })
    }
  )

  const offer = Effect.fnUntraced(function*(job: Job) {
    const offered = yield* queue.offer(job)
    return yield* OfferResult.match(offered, {
      Accepted: ({ jobId, superseded }) =>
        // Somebody who may not ask gets no answer, and so no reaction.
        (job.unverified === true ? Effect.void : acknowledgements.send(job)).pipe(
          Effect.andThen(Effect.logInfo(
            `accepted ${job.event.pullRequest}: ${job.event.kind}`,
            superseded === undefined ? {} : { superseded }
          )),
          Effect.as<Receipt>({ status: "accepted", job: jobId })
        ),
      Duplicate: ({ jobId }) =>
        Effect.as(
          Effect.logInfo(`delivered again: it is job ${jobId} already`),
          { status: "duplicate", job: jobId } satisfies Receipt
        ),
      Full: ({ told, waiting }) => {
        const reason = `${waiting} requests of this pull request wait already; this one was not added, and the pull ` +
          `request ${told ? "is told so" : "is about to be told so of an earlier one"}`
        return Effect.as(
          Effect.logWarning(`${job.event.pullRequest}: ${reason}`),
          { status: "busy", reason } satisfies Receipt
        )
      }
    })
  })

  const decide = Effect.fnUntraced(function*({ event, id, ignored }: Delivery): Effect.fn.Return<Receipt, StoreError> {
    if (Option.isNone(event)) {
      yield* Effect.logDebug(`ignored: ${ignored}`)
      return { status: "ignored", reason: ignored }
    }
    const admission = admit(policy, event.value)
    if (admission._tag === "Refused") {
      yield* Effect.logInfo(`${admission.status} ${event.value.pullRequest}: ${admission.reason}`)
      return { status: admission.status, reason: admission.reason }
    }
    const job = yield* jobOf(DeliveryId.make(id), event.value, admission)
    return yield* Effect.annotateLogs(offer(job), { job: job.id, lane: laneKey(job.lane) })
  })

  const receive = Effect.fn("Intake.receive")(function*(webhooks: ForgeWebhooks, request: WebhookRequest) {
    yield* webhooks.verify(request)
    const delivery = yield* webhooks.parse(request)
    const receipt = yield* Effect.annotateLogs(decide(delivery), { delivery: delivery.id })
    yield* countDelivery(receipt.status)
    return receipt
  })

  return Intake.of({
    receive,
    take: (delivery) => Effect.annotateLogs(decide(delivery), { delivery: delivery.id }),
    admits: (event) => Effect.succeed(admit(policy, event)._tag === "Review")
  })
})

/** Takes the deliveries that the policy admits. */
export const layer = (policy: Policy) => Layer.effect(Intake, make(policy)).pipe(Layer.provide(Acknowledgements.layer))
