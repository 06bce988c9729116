import { Login, type Platform, type PullRequestRef, type Sha } from "@nominal-code/domain/event/PullRequest"
import type { PullRequestEvent } from "@nominal-code/domain/event/PullRequestEvent"
import { type DeliveryId, eventKeyOf, jobIdOfDelivery } from "@nominal-code/domain/job/Job"
import { Lane, laneKey, Namespace } from "@nominal-code/domain/job/Lane"
import type { Delivery } from "@nominal-code/forge/Webhooks"
import { isRefused, JobRecords } from "@nominal-code/jobs/JobRecords"
import { Effect, Option } from "effect"
import { Intake } from "./Intake.ts"

/** An event whose delivery was missed. */
export interface MissedEvent {
  readonly event: PullRequestEvent
  /**
   * `delivery`: the forge has it as failed. `head`: an open pull request has a head without a review. `comment`: nobody
   * has answered a comment on an open pull request. `label`, `base`: no review has followed a label or another base.
   */
  readonly from: "delivery" | "head" | "comment" | "label" | "base"
}

const mostParked = 500
const mostRemembered = 10_000

/** The last keys that were added. */
export class RecentKeys {
  readonly #keys = new Set<string>()

  has(key: string): boolean {
    return this.#keys.has(key)
  }

  add(key: string): void {
    this.#keys.add(key)
    const [oldest] = this.#keys
    if (this.#keys.size > mostRemembered && oldest !== undefined) this.#keys.delete(oldest)
  }
}

/** Key of a pull request's head. */
export const keyOfHead = (ref: PullRequestRef, headSha: Sha): string => `${ref.platform}:${ref}@${headSha}`

/** Finds of one round, which are offered to the queue like a delivery, or only reported. */
export const makeMissedEvents = Effect.fnUntraced(function*(use: "offer" | "report", botUsername: string) {
  const intake = yield* Intake
  const records = yield* JobRecords
  const missed: Array<MissedEvent> = []
  const lanes = new Set<string>()
  const events = new Set<string>()

  const laneOf = ({ number, platform, repo }: PullRequestRef) =>
    new Lane({ namespace: Namespace.make(""), platform, repo, number, bot: Login.make(botUsername) })
  const keyOf = (event: PullRequestEvent) => `${laneKey(laneOf(event.pullRequest))} ${eventKeyOf(event)}`

  const ended = yield* records.list({ state: "parked", limit: mostParked })
  const refused = Map.groupBy(ended.filter(isRefused), ({ lane }) => laneKey(lane))
  const refusedDeliveries = new Map<string, DeliveryId>(
    [...refused].flatMap(([lane, records]) =>
      records.flatMap(({ delivery, job }) =>
        Option.toArray(job).map(({ event }) => [`${lane} ${eventKeyOf(event)}`, delivery] as const)
      )
    )
  )
  /** Heads whose jobs were given up or cancelled: somebody has decided about them, or was told. */
  const parked = new Set(
    ended.filter((record) => !isRefused(record)).flatMap(({ job }) => {
      const event = Option.getOrUndefined(job)?.event
      return event?._tag === "Lifecycle" ? [keyOfHead(event.pullRequest, event.headSha)] : []
    })
  )

  /** Offers or reports an event. False if its pull request takes no more comments now. */
  const add = Effect.fnUntraced(function*(delivery: Delivery, event: PullRequestEvent, from: MissedEvent["from"]) {
    const status = use === "offer"
      ? (yield* intake.take(delivery)).status
      : (yield* intake.admits(event)) && !events.has(keyOf(event))
      ? "accepted"
      : "ignored"
    if (status !== "accepted") return status !== "busy"
    missed.push({ event, from })
    events.add(keyOf(event))
    if (event._tag === "Lifecycle") lanes.add(laneKey(laneOf(event.pullRequest)))
    return true
  })

  return {
    missed,
    add,
    /** True if a head needs no other job. */
    knowsHead: Effect.fnUntraced(function*(ref: PullRequestRef, headSha: Sha) {
      const lane = laneOf(ref)
      return parked.has(keyOfHead(ref, headSha)) || lanes.has(laneKey(lane)) ||
        (yield* records.knowsHead(lane, headSha))
    }),
    /** Refused jobs of a pull request and when, as one text. The forge is asked what of them has really happened. */
    refusedOf: (ref: PullRequestRef) =>
      (refused.get(laneKey(laneOf(ref))) ?? [])
        .map(({ endedAt, id }) => `${id}@${Option.getOrElse(endedAt, () => 0)}`)
        .join(" "),
    /** Delivery of an event whose job was refused. Under it, an answer that the job has posted is found again. */
    refusedDelivery: (event: PullRequestEvent) => refusedDeliveries.get(keyOf(event)),
    /** True if the policy admits an event. */
    admits: (event: PullRequestEvent) => intake.admits(event),
    /** True if an event has a job, whatever became of it, unless it was refused. */
    hasJob: (event: PullRequestEvent) => records.hasJob(laneOf(event.pullRequest), event),
    /** End of a delivery's job, infinite while it has none; none where there is no job, or a refused one. */
    endOf: (platform: Platform, delivery: DeliveryId) =>
      records.find(jobIdOfDelivery(platform, delivery)).pipe(
        Effect.map((found) =>
          Option.filter(found, (record) => !isRefused(record)).pipe(
            Option.map(({ endedAt }) => Option.getOrElse(endedAt, () => Infinity))
          )
        ),
        // A job that cannot be read is there, and keeps no other event from being found.
        Effect.catchIf(({ reason }) => reason === "failed", () => Effect.succeedSome(Infinity))
      )
  }
})

export type MissedEvents = Effect.Success<ReturnType<typeof makeMissedEvents>>

/** Round that looks for missed events. Instants are milliseconds since the epoch. */
export interface Round {
  readonly finds: MissedEvents
  readonly since: number
  readonly now: number
}
