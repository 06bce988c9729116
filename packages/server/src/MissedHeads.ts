import type { Policy } from "@nominal-code/domain/event/Policy"
import type { LifecycleKind } from "@nominal-code/domain/event/PullRequestEvent"
import { deliveryOfEvent, deliveryOfHead } from "@nominal-code/domain/job/Job"
import type { ForgeError } from "@nominal-code/forge/ForgeError"
import {
  type HeadState,
  type InventoryRepository,
  nameOfInstant,
  type OpenPullRequest,
  type PullRequestLook
} from "@nominal-code/forge/Inventory"
import { Effect, Option } from "effect"
import { eventOf, isOneOf } from "./FoundEvents.ts"
import { keyOfHead, type RecentKeys, type Round } from "./MissedEvents.ts"

/** Kinds of events that tell of a head. */
const kindsOfHeads = [
  "pr_opened",
  "pr_push",
  "pr_reopened",
  "pr_ready_for_review"
] as const satisfies ReadonlyArray<LifecycleKind>
/** Kinds of these that ask for a review of a head that was left without one, while it was closed or a draft. */
const kindsOfStates = ["pr_reopened", "pr_ready_for_review"] as const satisfies ReadonlyArray<HeadKind>

type HeadKind = (typeof kindsOfHeads)[number]

/** The events within the window that a head without a review may have been missed with, by itself. */
const kindsOf = (
  { createdAt }: OpenPullRequest,
  { pushedAt, reviewedBefore }: Extract<HeadState, { readonly _tag: "Unreviewed" }>,
  since: number
): ReadonlyArray<HeadKind> => {
  const isOpened = !reviewedBefore && createdAt >= since
  return [
    ...(isOpened ? ["pr_opened" as const] : []),
    ...(pushedAt >= since && (!isOpened || pushedAt > createdAt) ? ["pr_push" as const] : [])
  ]
}

/** Last time that the pull request was reopened, or became ready, if it was after an instant. */
const lastState = (look: PullRequestLook, triggers: Policy["triggers"], since: number) =>
  Effect.map(
    look.changes,
    (changes) =>
      changes.filter(isOneOf(kindsOfStates)).filter(({ at, kind }) => at >= since && triggers.includes(kind))
        .toSorted((one, other) => one.at - other.at).at(-1)
  )

/** Makes the search for heads without a review. `settled` remembers those that a round is done with. */
export const makeMissedHeads = ({ triggers }: Policy, settled: RecentKeys) => {
  const readsStates = triggers.includes("pr_reopened") || triggers.includes("pr_ready_for_review")
  const readsHeads = kindsOfHeads.some((kind) => triggers.includes(kind))
  // A job may be refused after its pull request was looked at, when its event counted as known.
  // A pull request may also be reopened, or become ready, after it was looked at.
  const settledHead = ({ headSha, ref, updatedAt }: OpenPullRequest, { finds }: Round) =>
    `${keyOfHead(ref, headSha)} ${readsStates ? updatedAt : ""} ${finds.refusedOf(ref)}`

  /** True if the head may be without a review, which only a look at its pull request tells. */
  const mayNeedReview = Effect.fnUntraced(function*(pull: OpenPullRequest, round: Round) {
    const { draft, headSha, ref } = pull
    const { finds } = round
    if (!readsHeads || draft || settled.has(settledHead(pull, round))) return false
    return !(yield* finds.knowsHead(ref, headSha)) &&
      (readsStates || Option.isNone(yield* finds.endOf(ref.platform, deliveryOfHead(ref, headSha))))
  })

  /** The kind among the triggers, if there is one. The changes are only read where nothing else tells of the head. */
  const missedKind = Effect.fnUntraced(function*(
    known: ReadonlyArray<HeadKind>,
    look: PullRequestLook,
    since: number
  ): Effect.fn.Return<HeadKind | undefined, ForgeError> {
    const triggering = known.find((kind) => triggers.includes(kind))
    if (triggering !== undefined || !readsStates) return triggering
    const changes = (yield* look.changes).filter(isOneOf(kindsOfHeads)).filter(({ at }) => at >= since)
    return changes.find(({ kind }) => triggers.includes(kind))?.kind
  })

  /** Offers the event of a head that is left without a review. */
  const offer = Effect.fnUntraced(function*(
    repository: InventoryRepository,
    pull: OpenPullRequest,
    look: PullRequestLook,
    round: Round & { readonly ahead: number }
  ) {
    const { ahead, finds, since } = round
    const state = yield* look.headState
    if (state === undefined) return
    const { headSha, ref } = pull
    const known = yield* finds.endOf(ref.platform, deliveryOfHead(ref, headSha))
    /** Instant by the forge's clock since which the head is left without a review. */
    const leftAt = state._tag === "Settled"
      ? state.checkedAt
      : Option.getOrUndefined(Option.map(known, (at) => at + ahead))
    const again = leftAt === undefined || !readsStates
      ? undefined
      : yield* lastState(look, triggers, Math.max(since, leftAt))
    const kind = state._tag === "Unreviewed" && leftAt === undefined
      ? yield* missedKind(kindsOf(pull, state, since), look, since)
      : again?.kind
    if (kind !== undefined) {
      const event = eventOf(pull, kind, repository)
      const id = again === undefined
        ? deliveryOfHead(ref, headSha)
        : deliveryOfEvent(eventOf(pull, kind, repository, { again: nameOfInstant(again.at) }))
      if (Option.isNone(yield* finds.endOf(ref.platform, id))) {
        yield* finds.add({ id, event: Option.some(event), ignored: "" }, event, "head")
      }
    }
    // Only now: where the store is away, the next round has to offer it.
    settled.add(settledHead(pull, round))
  })

  return { mayNeedReview, offer }
}
