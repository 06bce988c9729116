import { DeliveryId, Job, jobIdOfDelivery } from "@nominal-code/domain/Job"
import { Lane, Namespace } from "@nominal-code/domain/Lane"
import { admit, type Policy } from "@nominal-code/domain/Policy"
import { Login } from "@nominal-code/domain/PullRequest"
import type { Traceparent } from "@nominal-code/domain/Trace"
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
export type Dismissed = Exclude<Decision, { readonly _tag: "Admitted" }>

/** Receipt of a delivery that starts nothing. */
export const dismissed = (decision: Dismissed): Receipt => ({
  status: decision._tag === "Ignored" ? "ignored" : decision.status,
  reason: decision.reason
})

/** Arrival of a delivery: its instant in milliseconds since the epoch, and its span. */
export interface Arrival {
  readonly at: number
  readonly traceparent: Option.Option<Traceparent>
}

/** Decides about a delivery by the policy. Pure, and without an effect: it is on the path of every delivery. */
export const decide = (policy: Policy, { event, id, ignored }: Delivery, { at, traceparent }: Arrival): Decision => {
  if (Option.isNone(event)) return Ignored({ delivery: id, reason: ignored })
  const { pullRequest } = event.value
  const admission = admit(policy, event.value)
  if (admission._tag === "Refused") {
    const { reason, status } = admission
    return Refused({ delivery: id, about: String(pullRequest), status, reason })
  }
  const { number, platform, repo } = pullRequest
  const delivery = DeliveryId.make(id)
  return Admitted({
    job: new Job({
      id: jobIdOfDelivery(platform, delivery),
      lane: new Lane({ namespace: Namespace.make(""), platform, repo, number, bot: Login.make(policy.botUsername) }),
      event: event.value,
      prompt: admission.prompt,
      ...(admission.unverified === true ? { unverified: true } : {}),
      delivery,
      receivedAt: at,
      ...(Option.isSome(traceparent) ? { traceparent: traceparent.value } : {})
    })
  })
}
