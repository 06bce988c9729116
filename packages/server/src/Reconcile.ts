import { DeliveryId, deliveryOfHead, jobIdOfDelivery } from "@nominal-code/domain/Job"
import { Lane, laneKey, Namespace } from "@nominal-code/domain/Lane"
import type { Policy } from "@nominal-code/domain/Policy"
import { Login, type Platform, type PullRequestRef, type RepoName, type Sha } from "@nominal-code/domain/PullRequest"
import { type LifecycleKind, PullRequestEvent } from "@nominal-code/domain/PullRequestEvent"
import type { ForgeError } from "@nominal-code/forge/ForgeError"
import {
  type FailedDelivery,
  type ForgeInventory,
  type HeadStanding,
  Inventories,
  type InventoryRepository,
  type OpenPullRequest
} from "@nominal-code/forge/Inventory"
import { withBudget } from "@nominal-code/forge/RequestBudget"
import type { Delivery } from "@nominal-code/forge/Webhooks"
import { JobQueue } from "@nominal-code/jobs/JobQueue"
import { JobRecords } from "@nominal-code/jobs/JobRecords"
import type { StoreError } from "@nominal-code/persistence/StoreError"
import { Array, Clock, Context, Duration, Effect, Layer, Option } from "effect"
import { Intake } from "./Intake.ts"

/** Limits of a round, and the policy by which it offers what it finds. */
export interface ReconcileOptions {
  readonly policy: Policy
  /** Age of the changes and deliveries that are looked at. */
  readonly window: Duration.Duration
  /** Maximum number of requests to all forges in one round. */
  readonly maxRequests: number
}

/** An event whose delivery was missed. */
export interface MissedEvent {
  readonly event: PullRequestEvent
  /** `delivery`: the forge has it as failed. `head`: an open pull request has a head without a review. */
  readonly from: "delivery" | "head"
}

/** Result of a round. */
export interface ReconcileReport {
  readonly missed: ReadonlyArray<MissedEvent>
  readonly requests: number
  /** True if the requests were used up before everything was looked at. The next round goes on there. */
  readonly exhausted: boolean
}

/**
 * Search for missed events: deliveries that the forge could not deliver, and open pull requests whose head has neither a
 * review of ours nor a stated reason.
 */
export class Reconcile extends Context.Service<Reconcile, {
  /** One round. What it finds is offered to the queue, like a delivery, or only reported. */
  round(use: "offer" | "report"): Effect.Effect<ReconcileReport, StoreError>
}>()("@nominal-code/server/Reconcile") {}

/** Kinds of events that a head alone can tell. What else may start a review is found by its failed delivery only. */
const kindsOfHeads = ["pr_opened", "pr_push"] as const satisfies ReadonlyArray<LifecycleKind>
type HeadKind = (typeof kindsOfHeads)[number]

const mostParked = 500
const mostRemembered = 10_000

/** The last keys that were added. */
class Remembered {
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

const keyOf = (ref: PullRequestRef, headSha: Sha) => `${ref.platform}:${ref}@${headSha}`

const eventOf = (
  { author, authorId, baseBranch, headBranch, headSha, ref, title }: OpenPullRequest,
  kind: HeadKind,
  { installationId }: InventoryRepository
): PullRequestEvent =>
  PullRequestEvent.cases.Lifecycle.make({
    kind,
    pullRequest: ref,
    title,
    author,
    ...(authorId === undefined ? {} : { authorId }),
    headSha,
    headBranch,
    baseBranch,
    ...(installationId === undefined ? {} : { installationId })
  })

/** The event that a head without a review was missed with; undefined: it is older than the window. */
const kindOf = (
  { createdAt }: OpenPullRequest,
  { pushedAt, reviewedBefore }: Extract<HeadStanding, { readonly _tag: "Unreviewed" }>,
  since: number
): HeadKind | undefined => {
  if (!reviewedBefore && createdAt >= since) return "pr_opened"
  return pushedAt >= since ? "pr_push" : undefined
}

/** The list from the item after the last one that was looked at. */
const after = (repositories: ReadonlyArray<InventoryRepository>, last: RepoName | undefined) => {
  const at = repositories.findIndex(({ repo }) => repo === last) + 1
  return [...repositories.slice(at), ...repositories.slice(0, at)]
}

const isLimited = ({ reason }: ForgeError) => reason._tag === "RateLimited" || reason._tag === "Unavailable"

const make = Effect.fnUntraced(function*({ maxRequests, policy, window }: ReconcileOptions) {
  const inventories = yield* Inventories
  const intake = yield* Intake
  const queue = yield* JobQueue
  const records = yield* JobRecords
  const settled = new Remembered()
  const lastLookedAt = new Map<Platform, RepoName>()
  /** The forge that was looked into last: where it uses up a round's requests, the next round begins with the one after it. */
  let current = -1

  const laneOf = ({ number, platform, repo }: PullRequestRef) =>
    new Lane({ namespace: Namespace.make(""), platform, repo, number, bot: Login.make(policy.botUsername) })

  /** Heads whose jobs were given up or cancelled: somebody has decided about them, or was told. */
  const parkedHeads = Effect.map(
    records.list({ state: "parked", limit: mostParked }),
    (parked) =>
      new Set(parked.flatMap(({ job }) => {
        const event = Option.getOrUndefined(job)?.event
        return event?._tag === "Lifecycle" ? [keyOf(event.pullRequest, event.headSha)] : []
      }))
  )

  const isRecorded = (platform: Platform, delivery: DeliveryId) =>
    Effect.map(records.find(jobIdOfDelivery(platform, delivery)), Option.isSome)

  /** One round's finds. */
  const makeRound = Effect.fnUntraced(function*(use: "offer" | "report") {
    const missed: Array<MissedEvent> = []
    const parked = yield* parkedHeads
    const since = (yield* Clock.currentTimeMillis) - Duration.toMillis(window)
    const reported = new Set<string>()

    /** Offers or reports an event. False if it needs no job. */
    const found = Effect.fnUntraced(function*(delivery: Delivery, event: PullRequestEvent, from: MissedEvent["from"]) {
      const isNew = use === "offer"
        ? (yield* intake.take(delivery)).status === "accepted"
        : yield* intake.admits(event)
      if (isNew) missed.push({ event, from })
      if (isNew && event._tag === "Lifecycle") reported.add(laneKey(laneOf(event.pullRequest)))
      return isNew
    })

    const isKnown = Effect.fnUntraced(function*(ref: PullRequestRef, headSha: Sha) {
      const lane = laneOf(ref)
      return parked.has(keyOf(ref, headSha)) || reported.has(laneKey(lane)) || (yield* queue.knowsHead(lane, headSha))
    })

    const lookAtDelivery = Effect.fnUntraced(function*(inventory: ForgeInventory, failed: FailedDelivery) {
      const { event } = yield* inventory.delivery(failed)
      if (Option.isNone(event)) return
      const { value } = event
      const isCovered = value._tag === "Lifecycle" && value.again === undefined &&
        (yield* isKnown(value.pullRequest, value.headSha))
      if (!isCovered) yield* found({ id: failed.id, event, ignored: "" }, value, "delivery")
    })

    const lookAtDeliveries = Effect.fnUntraced(function*(inventory: ForgeInventory) {
      const { platform } = inventory
      for (const failed of yield* inventory.failedDeliveries(since)) {
        const key = `${platform}:${failed.id}`
        if (settled.has(key) || (yield* isRecorded(platform, DeliveryId.make(failed.id)))) continue
        yield* lookAtDelivery(inventory, failed)
        settled.add(key)
      }
    })

    const lookAtHead = Effect.fnUntraced(
      function*(repository: InventoryRepository, pull: OpenPullRequest, standing: HeadStanding | undefined) {
        if (standing === undefined) return
        const kind = standing._tag === "Settled" ? undefined : kindOf(pull, standing, since)
        settled.add(keyOf(pull.ref, pull.headSha))
        if (kind === undefined) return
        const event = eventOf(pull, kind, repository)
        const id = deliveryOfHead(pull.ref, pull.headSha)
        yield* found({ id, event: Option.some(event), ignored: "" }, event, "head")
      }
    )

    const lookAtRepository = Effect.fnUntraced(function*(inventory: ForgeInventory, repository: InventoryRepository) {
      const unsettled = yield* Effect.filter(
        (yield* inventory.openPullRequests(repository, since)).toReversed(),
        Effect.fnUntraced(function*({ draft, headSha, ref }) {
          if (draft || settled.has(keyOf(ref, headSha))) return false
          return !(yield* isKnown(ref, headSha)) &&
            !(yield* isRecorded(ref.platform, deliveryOfHead(ref, headSha)))
        })
      )
      for (const pulls of Array.chunksOf(unsettled, inventory.standingsAtOnce)) {
        const standings = yield* inventory.standings(repository, pulls, since)
        for (const [index, pull] of pulls.entries()) yield* lookAtHead(repository, pull, standings[index])
      }
    })

    /** Looks into one part after the other. A refusal of one part holds up no other one; a limit ends the round. */
    const lookAtHeads = Effect.fnUntraced(function*(inventory: ForgeInventory) {
      const { platform } = inventory
      const repositories = yield* inventory.repositories(policy.allowedRepos)
      for (const repository of after(repositories, lastLookedAt.get(platform))) {
        const key = `${platform}:${repository.repo}`
        if (settled.has(key)) continue
        yield* Effect.catchIf(
          lookAtRepository(inventory, repository),
          (error): error is ForgeError => error._tag === "ForgeError" && !isLimited(error),
          ({ message, reason }) => {
            // The allowed repositories are those of all forges.
            if (reason._tag === "NotFound") settled.add(key)
            return Effect.logWarning(`${repository.repo} was not looked into for missed events: ${message}`)
          }
        )
        lastLookedAt.set(platform, repository.repo)
      }
    })

    const lookAt = (inventory: ForgeInventory) =>
      Effect.gen(function*() {
        current = inventories.indexOf(inventory)
        yield* lookAtDeliveries(inventory)
        if (kindsOfHeads.some((kind) => policy.triggers.includes(kind))) yield* lookAtHeads(inventory)
      }).pipe(
        Effect.catchTag("ForgeError", ({ message }) =>
          Effect.logWarning(`${inventory.platform} was not looked into to the end for missed events: ${message}`))
      )

    const inTurn = [...inventories.slice(current + 1), ...inventories.slice(0, current + 1)]
    return { missed, look: Effect.forEach(inTurn, lookAt, { discard: true }) }
  })

  const round = Effect.fn("Reconcile.round")(function*(use: "offer" | "report") {
    const { look, missed } = yield* makeRound(use)
    return { missed, ...yield* withBudget(maxRequests, look) } satisfies ReconcileReport
  })
  return Reconcile.of({ round })
})

/** The search for missed events. */
export const layer = (options: ReconcileOptions) => Layer.effect(Reconcile, make(options))
