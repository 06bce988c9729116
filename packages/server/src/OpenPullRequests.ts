import type { Policy } from "@nominal-code/domain/event/Policy"
import { hasLabel } from "@nominal-code/domain/event/PullRequest"
import { type LifecycleKind, PullRequestEvent } from "@nominal-code/domain/event/PullRequestEvent"
import { deliveryOfEvent, deliveryOfHead } from "@nominal-code/domain/job/Job"
import type { ForgeError } from "@nominal-code/forge/ForgeError"
import {
  type ForgeInventory,
  type FoundChange,
  type FoundComment,
  type HeadState,
  type InventoryRepository,
  nameOfInstant,
  type OpenPullRequest,
  type PullRequestLook
} from "@nominal-code/forge/Inventory"
import { Array, Duration, Effect, Option, Order } from "effect"
import { keyOfHead, RecentKeys, type Round } from "./MissedEvents.ts"

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

/** Kinds of events that ask for another review of a head. */
const kindsOfRequests = ["pr_labeled", "pr_retargeted"] as const satisfies ReadonlyArray<LifecycleKind>
type RequestKind = (typeof kindsOfRequests)[number]

const sources = { pr_labeled: "label", pr_retargeted: "base" } as const satisfies Record<RequestKind, string>

/** Seconds by which the instant in a delivery may differ from that in the forge's list of changes. */
const differences = [0, 1, -1, 2]

/** Maximum number of comments of one pull request that are offered, the newest ones: as many as may wait there. */
const mostComments = 20

/**
 * Time after a change of a pull request in which its forge may not show a comment, or not count it as a change: GitLab
 * counts one change in a minute.
 */
const settling = Duration.toMillis(Duration.minutes(2))

const eventOf = (
  { author, authorId, baseBranch, headBranch, headSha, ref, title }: OpenPullRequest,
  kind: HeadKind | RequestKind,
  { installationId }: InventoryRepository,
  more: Partial<typeof PullRequestEvent.cases.Lifecycle.Type> = {}
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
    ...(installationId === undefined ? {} : { installationId }),
    ...more
  })

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

const isOneOf = <K extends LifecycleKind>(kinds: ReadonlyArray<K>) =>
(change: FoundChange): change is FoundChange & {
  readonly kind: K & FoundChange["kind"]
} => kinds.some((kind) => kind === change.kind)

/** A found request for another review, as its delivery would have told of it. */
const requestOf = (
  pull: OpenPullRequest,
  { at, by, kind, label }: FoundChange & { readonly kind: RequestKind },
  repository: InventoryRepository
) => {
  // GitLab's deliveries name who did it, and GitHub's the author of the pull request.
  const author = pull.ref.platform === "gitlab"
    ? { author: by.login, ...(by.id === undefined ? {} : { authorId: by.id }) }
    : {}
  return (difference: number) =>
    eventOf(pull, kind, repository, {
      ...author,
      ...(by.isBot ? { byBot: true } : {}),
      ...(label === undefined ? {} : { labels: [label] }),
      again: nameOfInstant(at + difference * 1_000)
    })
}

/** Order of comments, the newest first, by their numbers within one second: a forge's instants are whole seconds. */
const newestFirst = Order.flip(Order.combine(
  Order.mapInput(Order.Number, ({ writtenAt }: FoundComment) => writtenAt),
  Order.mapInput(Order.Number, ({ event }: FoundComment) => event.commentId)
))

/**
 * Makes the search among the open pull requests of a repository: for heads without a review, and for missed comments,
 * labels and changes of the base.
 */
export const makeOpenPullRequests = ({ require, reviewLabel, triggers }: Policy) => {
  const settled = new RecentKeys()
  const readsStates = triggers.includes("pr_reopened") || triggers.includes("pr_ready_for_review")
  const readsLabels = triggers.includes("pr_labeled") || require !== "anyone"
  const hasRequests = ({ labels }: OpenPullRequest) =>
    triggers.includes("pr_retargeted") || readsLabels && hasLabel(labels, reviewLabel)
  const readsHeads = kindsOfHeads.some((kind) => triggers.includes(kind))
  // A job may be refused after its pull request was looked at, when its event counted as known.
  // A pull request may also be reopened, or become ready, after it was looked at.
  const settledHead = ({ headSha, ref, updatedAt }: OpenPullRequest, { finds }: Round) =>
    `${keyOfHead(ref, headSha)} ${readsStates ? updatedAt : ""} ${finds.refusedOf(ref)}`
  const settledActivity = ({ ref, updatedAt }: OpenPullRequest, { finds }: Round) =>
    `${ref.platform}:${ref} until ${updatedAt} ${finds.refusedOf(ref)}`

  const needsReview = Effect.fnUntraced(function*(pull: OpenPullRequest, round: Round) {
    const { draft, headSha, ref } = pull
    const { finds } = round
    if (!readsHeads || draft || settled.has(settledHead(pull, round))) return false
    return !(yield* finds.knowsHead(ref, headSha)) &&
      (readsStates || Option.isNone(yield* finds.endOf(ref.platform, deliveryOfHead(ref, headSha))))
  })

  /** Last time that the pull request was reopened, or became ready, if it was after an instant. */
  const lastState = (look: PullRequestLook, since: number) =>
    Effect.map(
      look.changes,
      (changes) =>
        changes.filter(isOneOf(kindsOfStates)).filter(({ at, kind }) => at >= since && triggers.includes(kind))
          .toSorted((one, other) => one.at - other.at).at(-1)
    )

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

  const lookAtHead = Effect.fnUntraced(function*(
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
    const again = leftAt === undefined || !readsStates ? undefined : yield* lastState(look, Math.max(since, leftAt))
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

  /** True if a label or another base asks for a review, which has to come later than it. */
  const lookAtRequests = Effect.fnUntraced(function*(
    repository: InventoryRepository,
    pull: OpenPullRequest,
    { changes, reviewedAt }: PullRequestLook,
    { finds, since }: Round
  ) {
    if (pull.draft || !hasRequests(pull)) return false
    const before = finds.missed.length
    const requests = (yield* changes).filter(isOneOf(kindsOfRequests))
      .filter(({ at, label }) =>
        at >= Math.max(since, reviewedAt) && (label === undefined || hasLabel([label], reviewLabel))
      )
    // A review that follows the last one of a kind follows those before it, too.
    const newest = kindsOfRequests.flatMap((kind) =>
      requests.filter((request) => request.kind === kind).toSorted((one, other) => other.at - one.at).slice(0, 1)
    )
    for (const request of newest) {
      const event = requestOf(pull, request, repository)
      const known = yield* Effect.forEach(differences, (difference) => finds.hasJob(event(difference)))
      if (known.includes(true)) continue
      const id = finds.refusedDelivery(event(0)) ?? deliveryOfEvent(event(0))
      yield* finds.add({ id, event: Option.some(event(0)), ignored: "" }, event(0), sources[request.kind])
    }
    return finds.missed.length > before
  })

  /** False if the pull request takes no more comments now. */
  const lookAtComments = Effect.fnUntraced(function*(comments: ReadonlyArray<FoundComment>, round: Round) {
    const { finds, since } = round
    const recent = comments.filter(({ writtenAt }) => writtenAt >= since)
    const admitted = yield* Effect.filter(recent, ({ event }) => finds.admits(event))
    for (const { event, isAnswered } of Array.sort(admitted, newestFirst).slice(0, mostComments).toReversed()) {
      // Of a refused job there is the reaction, and no answer.
      const refused = finds.refusedDelivery(event)
      if ((yield* finds.hasJob(event)) || refused === undefined && (yield* isAnswered)) continue
      const delivery = { id: refused ?? deliveryOfEvent(event), event: Option.some(event), ignored: "" }
      if (!(yield* finds.add(delivery, event, "comment"))) return false
    }
    return true
  })

  return Effect.fnUntraced(function*(inventory: ForgeInventory, repository: InventoryRepository, ours: Round) {
    const listed = yield* inventory.openPullRequests(repository, ours.since)
    // The forge's instants are of its own clock, which its answer has told.
    const ahead = inventory.ahead()
    const round = { ...ours, ahead, now: ours.now + ahead, since: ours.since + ahead }
    const open = yield* Effect.forEach(
      listed.toReversed(),
      (pull) =>
        Effect.map(needsReview(pull, round), (head) => ({
          pull,
          head,
          activity: (pull.commented !== false || hasRequests(pull)) && !settled.has(settledActivity(pull, round))
        }))
    )
    for (const some of Array.chunksOf(open.filter(({ activity, head }) => activity || head), inventory.looksAtOnce)) {
      const looks = yield* inventory.look(repository, some.map(({ pull }) => pull), ours.since)
      for (const [{ activity, head, pull }, look] of Array.zip(some, looks)) {
        if (look === undefined) continue
        const isThrough = activity && (yield* lookAtComments(look.comments, round))
        const isRequested = activity && (yield* lookAtRequests(repository, pull, look, round))
        if (isThrough && pull.updatedAt < round.now - settling) settled.add(settledActivity(pull, round))
        if (head && !isRequested) yield* lookAtHead(repository, pull, look, round)
      }
    }
  })
}
