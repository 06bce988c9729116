import { deliveryOfEvent, deliveryOfHead } from "@nominal-code/domain/Job"
import { type LifecycleKind, PullRequestEvent } from "@nominal-code/domain/PullRequestEvent"
import {
  type ForgeInventory,
  type FoundComment,
  HeadStanding,
  type InventoryRepository,
  type OpenPullRequest
} from "@nominal-code/forge/Inventory"
import { Array, Duration, Effect, Option, Order } from "effect"
import { keyOfHead, Remembered, type Round } from "./Finds.ts"

/** Kinds of events that a head alone can tell. What else may start a review is found by its failed delivery only. */
const kindsOfHeads = ["pr_opened", "pr_push"] as const satisfies ReadonlyArray<LifecycleKind>
type HeadKind = (typeof kindsOfHeads)[number]

/** Maximum number of comments of one pull request that are offered, the newest ones: as many as may wait there. */
const mostComments = 20

/**
 * Time after a change of a pull request in which its forge may not show a comment, or not count it as a change: GitLab
 * counts one change in a minute.
 */
const settling = Duration.toMillis(Duration.minutes(2))

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

/** Instants of a forge are of whole seconds, so numbers tell apart. */
const newestFirst = Order.flip(Order.combine(
  Order.mapInput(Order.Number, ({ writtenAt }: FoundComment) => writtenAt),
  Order.mapInput(Order.Number, ({ event }: FoundComment) => event.commentId)
))

/** Makes the search among the open pull requests of a repository: for heads without a review, and for missed comments. */
export const makeOpenPullRequests = (triggers: ReadonlyArray<LifecycleKind>) => {
  const settled = new Remembered()
  const readsHeads = kindsOfHeads.some((kind) => triggers.includes(kind))
  // A job may be refused after its pull request was looked at, when its event counted as known.
  const settledHead = ({ headSha, ref }: OpenPullRequest, { finds }: Round) =>
    `${keyOfHead(ref, headSha)} ${finds.refusedOf(ref)}`
  const settledComments = ({ ref, updatedAt }: OpenPullRequest, { finds }: Round) =>
    `${ref.platform}:${ref} until ${updatedAt} ${finds.refusedOf(ref)}`

  const needsReview = Effect.fnUntraced(function*(pull: OpenPullRequest, round: Round) {
    const { draft, headSha, ref } = pull
    const { finds } = round
    if (!readsHeads || draft || settled.has(settledHead(pull, round))) return false
    return !(yield* finds.knowsHead(ref, headSha)) &&
      !(yield* finds.isRecorded(ref.platform, deliveryOfHead(ref, headSha)))
  })

  const lookAtHead = Effect.fnUntraced(function*(
    repository: InventoryRepository,
    pull: OpenPullRequest,
    standing: HeadStanding | undefined,
    round: Round
  ) {
    const { finds, since } = round
    if (standing === undefined) return
    const kind = HeadStanding.match(standing, {
      Settled: () => undefined,
      Unreviewed: (unreviewed) => kindOf(pull, unreviewed, since)
    })
    if (kind !== undefined) {
      const event = eventOf(pull, kind, repository)
      const id = deliveryOfHead(pull.ref, pull.headSha)
      yield* finds.add({ id, event: Option.some(event), ignored: "" }, event, "head")
    }
    // Only now: where the store is away, the next round has to offer it.
    settled.add(settledHead(pull, round))
  })

  const lookAtComments = Effect.fnUntraced(function*(
    pull: OpenPullRequest,
    comments: ReadonlyArray<FoundComment>,
    round: Round
  ) {
    const { finds, now, since } = round
    const recent = comments.filter(({ writtenAt }) => writtenAt >= since)
    const admitted = yield* Effect.filter(recent, ({ event }) => finds.admits(event))
    for (const { event, isAnswered } of Array.sort(admitted, newestFirst).slice(0, mostComments).toReversed()) {
      // Of a refused job there is the reaction, and no answer.
      const refused = finds.refusedDelivery(event)
      if ((yield* finds.hasJob(event)) || refused === undefined && (yield* isAnswered)) continue
      const delivery = { id: refused ?? deliveryOfEvent(event), event: Option.some(event), ignored: "" }
      if (!(yield* finds.add(delivery, event, "comment"))) return
    }
    if (pull.updatedAt < now - settling) settled.add(settledComments(pull, round))
  })

  return Effect.fnUntraced(function*(inventory: ForgeInventory, repository: InventoryRepository, round: Round) {
    const { since } = round
    const open = yield* Effect.forEach(
      (yield* inventory.openPullRequests(repository, since)).toReversed(),
      (pull) =>
        Effect.map(needsReview(pull, round), (head) => ({
          pull,
          head,
          comments: pull.commented !== false && !settled.has(settledComments(pull, round))
        }))
    )
    for (const some of Array.chunksOf(open.filter(({ comments, head }) => comments || head), inventory.looksAtOnce)) {
      const looks = yield* inventory.look(repository, some.map(({ pull }) => pull), since)
      for (const [{ comments, head, pull }, look] of Array.zip(some, looks)) {
        if (look === undefined) continue
        if (comments) yield* lookAtComments(pull, look.comments, round)
        if (head) yield* lookAtHead(repository, pull, yield* look.standing, round)
      }
    }
  })
}
