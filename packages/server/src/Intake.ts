import type { Job } from "@nominal-code/domain/Job"
import { laneKey } from "@nominal-code/domain/Lane"
import { admit, type Policy } from "@nominal-code/domain/Policy"
import type { PullRequestEvent } from "@nominal-code/domain/PullRequestEvent"
import { currentTraceparent } from "@nominal-code/domain/Trace"
import type { WebhookError } from "@nominal-code/forge/ForgeError"
import type { Delivery, ForgeWebhooks, WebhookRequest } from "@nominal-code/forge/Webhooks"
import { JobQueue, type OfferResult } from "@nominal-code/jobs/JobQueue"
import type { StoreError } from "@nominal-code/persistence/StoreError"
import { Array, Clock, Context, Effect, Layer, Result } from "effect"
import * as Acknowledgements from "./Acknowledgements.ts"
import { type Arrival, decide, type Decision, type Dismissed } from "./Decision.ts"
import type { Receipt } from "./Receipt.ts"

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
  /** Logs a delivery that starts nothing. */
  dismiss(decision: Dismissed): Effect.Effect<Receipt>
  /** Stores the jobs of deliveries together. The receipts are in the order of the jobs. */
  offer(jobs: ReadonlyArray<Job>): Effect.Effect<ReadonlyArray<Result.Result<Receipt, StoreError>>>
  /** Takes a delivery that came another way than as a request: by the same policy, under the same identity. */
  take(delivery: Delivery): Effect.Effect<Receipt, StoreError>
  /** True if the policy admits an event. */
  admits(event: PullRequestEvent): Effect.Effect<boolean>
}>()("@nominal-code/server/Intake") {}

const make = Effect.fnUntraced(function*(policy: Policy) {
  const queue = yield* JobQueue
  const acknowledgements = yield* Acknowledgements.Acknowledgements

  /** Logs an offer of a job, and answers for it. */
  const receiptOf = Effect.fnUntraced(function*(job: Job, offered: OfferResult): Effect.fn.Return<Receipt> {
    const { event: { kind, pullRequest } } = job
    if (offered._tag === "Duplicate") {
      yield* Effect.logInfo(`delivered again: it is job ${offered.jobId} already`)
      return { status: "duplicate", job: offered.jobId }
    }
    if (offered._tag === "Full") {
      const reason = `${offered.waiting} requests of this pull request wait already; this one was not added, and the ` +
        `pull request ${offered.told ? "is told so" : "is about to be told so of an earlier one"}`
      yield* Effect.logWarning(`${pullRequest}: ${reason}`)
      return { status: "busy", reason }
    }
    const { jobId, superseded } = offered
    yield* Effect.logInfo(`accepted ${pullRequest}: ${kind}`, superseded === undefined ? {} : { superseded })
    // Somebody who may not ask gets no answer, and so no reaction.
    if (job.unverified !== true) yield* acknowledgements.send(job)
    return { status: "accepted", job: jobId }
  }, (effect, { delivery, id, lane }) => Effect.annotateLogs(effect, { delivery, job: id, lane: laneKey(lane) }))

  const dismiss = Effect.fnUntraced(function*(decision: Dismissed): Effect.fn.Return<Receipt> {
    const { reason } = decision
    if (decision._tag === "Ignored") {
      yield* Effect.logDebug(`ignored: ${reason}`)
      return { status: "ignored", reason }
    }
    const { about, status } = decision
    yield* Effect.logInfo(`${status} ${about}: ${reason}`)
    return { status, reason }
  }, (effect, { delivery }) => Effect.annotateLogs(effect, { delivery }))

  const offer = Effect.fn("Intake.offer")(function*(jobs: ReadonlyArray<Job>) {
    const offered = yield* queue.offerAll(jobs)
    return yield* Effect.forEach(
      Array.zip(jobs, offered),
      ([job, result]) => Effect.result(Effect.flatMap(Effect.fromResult(result), (one) => receiptOf(job, one))),
      { concurrency: 1 }
    )
  })

  const take = Effect.fnUntraced(function*(delivery: Delivery) {
    const arrival = { at: yield* Clock.currentTimeMillis, traceparent: yield* currentTraceparent }
    const decision = decide(policy, delivery, arrival)
    if (decision._tag !== "Admitted") return yield* dismiss(decision)
    return yield* receiptOf(decision.job, yield* queue.offer(decision.job))
  })

  return Intake.of({
    decide: (webhooks, request, arrival) =>
      Result.flatMap(
        webhooks.verify(request, arrival.at),
        () => Result.map(webhooks.parse(request), (delivery) => decide(policy, delivery, arrival))
      ),
    dismiss,
    offer,
    take,
    admits: (event) => Effect.succeed(admit(policy, event)._tag === "Review")
  })
})

/** Takes the deliveries that the policy admits. */
export const layer = (policy: Policy) => Layer.effect(Intake, make(policy)).pipe(Layer.provide(Acknowledgements.layer))
