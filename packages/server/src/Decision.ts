import { admission, type Policy } from "@nominal-code/domain/event/Policy"
import { Login } from "@nominal-code/domain/event/PullRequest"
import { DeliveryId, type Job, jobIdOfDelivery } from "@nominal-code/domain/job/Job"
import { Namespace } from "@nominal-code/domain/job/Lane"
import type { Traceparent } from "@nominal-code/domain/telemetry/Trace"
import type { Delivery } from "@nominal-code/forge/Webhooks"
import { Data, Option } from "effect"
import type { Receipt } from "./Receipt.ts"

/** Decision about a delivery. */
export type Decision = Data.TaggedEnum<{
  /** Delivery that may start no review. */
  Ignored: { readonly delivery: string; readonly reason: string }
  /** The policy refuses it. */
  Refused: {
    readonly delivery: string
    readonly about: string
    readonly status: Receipt["status"]
    readonly reason: string
  }
  /** The policy admits it. */
  Admitted: { readonly job: Job }
}>

const { Admitted, Ignored, Refused } = Data.taggedEnum<Decision>()

/** A delivery that starts nothing. */
export type Rejection = Exclude<Decision, { readonly _tag: "Admitted" }>

/** Receipt of a delivery that starts nothing. */
export const dismissed = (decision: Rejection): Receipt => ({
  status: decision._tag === "Ignored" ? "ignored" : decision.status,
  reason: decision.reason
})

/** Arrival of a delivery: its instant in milliseconds since the epoch, and its span. */
export interface Arrival {
  readonly at: number
  readonly traceparent: Option.Option<Traceparent>
}

/** Decides about a delivery. */
export type DecisionFunction = (delivery: Delivery, arrival: Arrival) => Decision

/**
 * Makes the decision about deliveries by a policy. It is pure, without an effect, and validates nothing twice: it is on the
 * path of every delivery. The queue's schema reads the job when it is taken.
 */
export const decisionBy = (policy: Policy): DecisionFunction => {
  const admit = admission(policy)
  const namespace = Namespace.make("")
  let bot: Login | undefined
  return ({ event, id, ignored }, { at, traceparent }) => {
    if (Option.isNone(event)) return Ignored({ delivery: id, reason: ignored })
    const { pullRequest } = event.value
    const admitted = admit(event.value)
    if (admitted._tag === "Refused") {
      const { reason, status } = admitted
      return Refused({ delivery: id, about: String(pullRequest), status, reason })
    }
    const { number, platform, repo } = pullRequest
    const delivery = DeliveryId.make(id)
    return Admitted({
      job: {
        id: jobIdOfDelivery(platform, delivery),
        lane: { namespace, platform, repo, number, bot: bot ??= Login.make(policy.botUsername) },
        event: event.value,
        prompt: admitted.prompt,
        ...(admitted.unverified === true ? { unverified: true } : {}),
        delivery,
        receivedAt: at,
        ...(Option.isSome(traceparent) ? { traceparent: traceparent.value } : {})
      }
    })
  }
}
