import type { Policy } from "@nominal-code/domain/event/Policy"
import { ForgeError } from "@nominal-code/forge/ForgeError"
import type {
  ForgeInventory,
  InventoryRepository,
  OpenPullRequest,
  PullRequestLook
} from "@nominal-code/forge/Inventory"
import { Array, Duration, Effect } from "effect"
import { offerComments } from "./MissedComments.ts"
import { RecentKeys, type Round } from "./MissedEvents.ts"
import { makeMissedHeads } from "./MissedHeads.ts"
import { makeMissedRequests } from "./MissedRequests.ts"

/**
 * Time after a change of a pull request in which its forge may not show a comment, or not count it as a change: GitLab
 * counts one change in a minute.
 */
const settling = Duration.toMillis(Duration.minutes(2))

const isRefused = (error: unknown): error is ForgeError =>
  error instanceof ForgeError && error.reason._tag === "Refused"

/**
 * Makes the search among the open pull requests of a repository: for heads without a review, and for missed comments,
 * labels and changes of the base.
 */
export const makeOpenPullRequests = (policy: Policy) => {
  const settled = new RecentKeys()
  const heads = makeMissedHeads(policy, settled)
  const requests = makeMissedRequests(policy)
  const settledActivity = ({ ref, updatedAt }: OpenPullRequest, { finds }: Round) =>
    `${ref.platform}:${ref} until ${updatedAt} ${finds.refusedOf(ref)}`

  /** Offers what was missed of a pull request's comments, labels and changes of the base. True if a review was asked for. */
  const offerActivity = Effect.fnUntraced(
    function*(repository: InventoryRepository, pull: OpenPullRequest, look: PullRequestLook, round: Round) {
      const isThrough = yield* offerComments(look.comments, round)
      const isRequested = yield* requests.offer(repository, pull, look, round)
      if (isThrough && pull.updatedAt < round.now - settling) settled.add(settledActivity(pull, round))
      return isRequested
    },
    (offering, _, pull, __, round) =>
      // What the forge refuses of one pull request, such as a list without end, holds up none of the others.
      Effect.catchIf(offering, isRefused, ({ message }) => {
        settled.add(settledActivity(pull, round))
        return Effect.as(Effect.logWarning(`${pull.ref} was not searched for missed events: ${message}`), false)
      })
  )

  return Effect.fnUntraced(function*(inventory: ForgeInventory, repository: InventoryRepository, ours: Round) {
    const listed = yield* inventory.openPullRequests(repository, ours.since)
    // The forge's instants are of its own clock, which its answer has told.
    const ahead = inventory.ahead()
    const round = { ...ours, ahead, now: ours.now + ahead, since: ours.since + ahead }
    const open = yield* Effect.forEach(
      listed.toReversed(),
      (pull) =>
        Effect.map(heads.mayNeedReview(pull, round), (head) => ({
          pull,
          head,
          activity: (pull.commented !== false || requests.mayHaveRequests(pull)) &&
            !settled.has(settledActivity(pull, round))
        }))
    )
    for (const some of Array.chunksOf(open.filter(({ activity, head }) => activity || head), inventory.looksAtOnce)) {
      const looks = yield* inventory.look(repository, some.map(({ pull }) => pull), ours.since)
      for (const [{ activity, head, pull }, look] of Array.zip(some, looks)) {
        if (look === undefined) continue
        const isRequested = activity && (yield* offerActivity(repository, pull, look, round))
        if (head && !isRequested) yield* heads.offer(repository, pull, look, round)
      }
    }
  })
}
