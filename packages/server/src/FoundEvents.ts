import { PullRequestEvent } from "@nominal-code/domain/event/PullRequestEvent"
import type { FoundChange, InventoryRepository, OpenPullRequest } from "@nominal-code/forge/Inventory"

type Lifecycle = typeof PullRequestEvent.cases.Lifecycle.Type

/** The event of an open pull request, as its delivery would have told of it. */
export const eventOf = (
  { author, authorId, baseBranch, headBranch, headSha, ref, title }: OpenPullRequest,
  kind: Lifecycle["kind"],
  { installationId }: InventoryRepository,
  more: Partial<Lifecycle> = {}
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

/** Makes the test for changes of some kinds. */
export const isOneOf =
  <K extends Lifecycle["kind"]>(kinds: ReadonlyArray<K>) =>
  (change: FoundChange): change is FoundChange & {
    readonly kind: K & FoundChange["kind"]
  } => kinds.some((kind) => kind === change.kind)
