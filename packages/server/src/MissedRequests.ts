import type { Policy } from "@nominal-code/domain/event/Policy"
import { hasLabel } from "@nominal-code/domain/event/PullRequest"
import type { LifecycleKind } from "@nominal-code/domain/event/PullRequestEvent"
import { deliveryOfEvent } from "@nominal-code/domain/job/Job"
import {
  type FoundChange,
  type InventoryRepository,
  nameOfInstant,
  type OpenPullRequest,
  type PullRequestLook
} from "@nominal-code/forge/Inventory"
import { Effect, Option } from "effect"
import { eventOf, isOneOf } from "./FoundEvents.ts"
import type { Round } from "./MissedEvents.ts"

/** Kinds of events that ask for another review of a head. */
const kindsOfRequests = ["pr_labeled", "pr_retargeted"] as const satisfies ReadonlyArray<LifecycleKind>
type RequestKind = (typeof kindsOfRequests)[number]

const sources = { pr_labeled: "label", pr_retargeted: "base" } as const satisfies Record<RequestKind, string>

/** Seconds by which the instant in a delivery may differ from that in the forge's list of changes. */
const differences = [0, 1, -1, 2]

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

/** Makes the search for labels and changes of the base that ask for another review of a head. */
export const makeMissedRequests = ({ require, reviewLabel, triggers }: Policy) => {
  const readsLabels = triggers.includes("pr_labeled") || require !== "anyone"
  /** True if a request may be among the changes of a pull request. */
  const mayHaveRequests = ({ labels }: OpenPullRequest) =>
    triggers.includes("pr_retargeted") || readsLabels && hasLabel(labels, reviewLabel)

  /** True if a label or another base asks for a review, which has to come later than it. */
  const offer = Effect.fnUntraced(function*(
    repository: InventoryRepository,
    pull: OpenPullRequest,
    { changes, reviewedAt }: PullRequestLook,
    { finds, since }: Round
  ) {
    if (pull.draft || !mayHaveRequests(pull)) return false
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

  return { mayHaveRequests, offer }
}
