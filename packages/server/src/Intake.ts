import { admission, type Policy } from "@nominal-code/domain/event/Policy"
import type { PullRequestEvent } from "@nominal-code/domain/event/PullRequestEvent"
import type { Job } from "@nominal-code/domain/job/Job"
import { currentTraceparent } from "@nominal-code/domain/telemetry/Trace"
import type { WebhookError } from "@nominal-code/forge/ForgeError"
import type { Delivery, ForgeWebhooks, WebhookRequest } from "@nominal-code/forge/Webhooks"
import { JobQueue, type OfferResult } from "@nominal-code/jobs/JobQueue"
import { QueueAdmin } from "@nominal-code/jobs/QueueAdmin"
import { OffersUnderWay } from "@nominal-code/jobs/run/OffersUnderWay"
import type { StoreError } from "@nominal-code/persistence/StoreError"
import { Array, Clock, Context, Effect, Layer, Result } from "effect"
import * as Acknowledgements from "./Acknowledgements.ts"
import { type Arrival, type Decision, decisionBy, dismissed } from "./Decision.ts"
import { logDismissed, logOffered } from "./DeliveryLog.ts"
import { type Receipt, received } from "./Receipt.ts"
import * as StoreOutage from "./StoreOutage.ts"

/** An offer of a delivery's job. */
export interface DeliveryOffer {
  readonly receipt: Result.Result<Receipt, StoreError>
  /** Logs the offer and has the forge's reaction follow: after the answer, which waits for neither. */
  readonly follow: Effect.Effect<void>
}

/**
 * Intake of webhook requests: signature check, decoding and policy decision, which are synchronous, and then one durable
 * write for all that came in the same moment. Nothing here waits for a forge or a model.
 */
export class Intake extends Context.Service<Intake, {
  /** Decides about a request, which is verified before it is parsed. */
  decide(
    webhooks: ForgeWebhooks,
    request: WebhookRequest,
    arrival: Arrival
  ): Result.Result<Decision, WebhookError>
  /** Stores the jobs of deliveries together. The results are in the order of the jobs. */
  offer(jobs: ReadonlyArray<Job>): Effect.Effect<ReadonlyArray<DeliveryOffer>>
  /** Takes a delivery that came another way than as a request: by the same policy, under the same identity. */
  take(delivery: Delivery): Effect.Effect<Receipt, StoreError>
  /** True if the policy admits an event. */
  admits(event: PullRequestEvent): Effect.Effect<boolean>
}>()("@nominal-code/server/Intake") {}

const make = Effect.fnUntraced(function*(policy: Policy) {
  const [decide, admit] = [decisionBy(policy), admission(policy)]
  const queue = yield* JobQueue
  const offers = yield* OffersUnderWay
  const acknowledgements = yield* Acknowledgements.Acknowledgements
  const outage = yield* StoreOutage.make((yield* QueueAdmin).check)

  const follow = (job: Job, offered: OfferResult): Effect.Effect<void> => {
    const logged = logOffered(job, offered)
    // Somebody who may not ask gets no answer, and so no reaction.
    return offered._tag === "Accepted" && job.unverified !== true
      ? Effect.andThen(logged, acknowledgements.send(job))
      : logged
  }

  const take = Effect.fnUntraced(function*(delivery: Delivery) {
    const arrival = { at: yield* Clock.currentTimeMillis, traceparent: yield* currentTraceparent }
    const decision = decide(delivery, arrival)
    if (decision._tag !== "Admitted") {
      yield* logDismissed(decision)
      return dismissed(decision)
    }
    const { job } = decision
    const offered = yield* offers.hold([job.id], Effect.tap(queue.offer(job), (result) => follow(job, result)))
    return received(offered)
  })

  return Intake.of({
    decide: (webhooks, request, arrival) =>
      Result.flatMap(
        webhooks.verify(request, arrival.at),
        () => Result.map(webhooks.parse(request), (delivery) => decide(delivery, arrival))
      ),
    offer: (jobs) =>
      Effect.map(queue.offerAll(jobs), (results) =>
        Array.zipWith(jobs, results, (job, result): DeliveryOffer => ({
          receipt: Result.map(result, received),
          follow: Effect.suspend(() =>
            Result.match(result, {
              onFailure: outage.refused,
              onSuccess: (offered) => outage.stored(follow(job, offered))
            })
          )
        }))),
    take,
    admits: (event) => Effect.succeed(admit(event)._tag === "Review")
  })
})

/** Takes the deliveries that the policy admits. */
export const layer = (policy: Policy) => Layer.effect(Intake, make(policy)).pipe(Layer.provide(Acknowledgements.layer))
