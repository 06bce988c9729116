import { Login, PullNumber, PullRequestRef, RepoName, Sha } from "@nominal-code/domain/event/PullRequest"
import { type LifecycleKind, PullRequestEvent } from "@nominal-code/domain/event/PullRequestEvent"
import { DeliveryId, Job, jobIdOfDelivery, JobOutcome } from "@nominal-code/domain/job/Job"
import { Lane, Namespace } from "@nominal-code/domain/job/Lane"
import { createHash } from "node:crypto"

const repo = RepoName.make("acme/api")
const author = Login.make("ada")

/** The lane of a pull request. */
export const laneOf = (number: number, platform: "github" | "gitlab" = "github"): Lane =>
  new Lane({
    namespace: Namespace.make(""),
    platform,
    repo,
    number: PullNumber.make(number),
    bot: Login.make("nominal")
  })

const jobOf = (lane: Lane, delivery: string, event: PullRequestEvent, prompt: string): Job =>
  new Job({
    id: jobIdOfDelivery(lane.platform, DeliveryId.make(delivery)),
    lane,
    event,
    prompt,
    delivery: DeliveryId.make(delivery),
    receivedAt: 0
  })

const pullRequest = (lane: Lane) => new PullRequestRef({ platform: lane.platform, repo, number: lane.number })

/** Another commit for each name. */
export const shaOf = (name: string): Sha => Sha.make(createHash("sha1").update(name).digest("hex"))

/** An event in the life of the lane's pull request: a job that a newer one of its kind replaces while it waits. */
export const lifecycle = (
  lane: Lane,
  delivery: string,
  kind: LifecycleKind,
  headSha: Sha,
  more: { readonly again?: string } = {}
): Job =>
  jobOf(
    lane,
    delivery,
    PullRequestEvent.cases.Lifecycle.make({
      kind,
      pullRequest: pullRequest(lane),
      title: "Add retries",
      author,
      headSha,
      headBranch: "retries",
      baseBranch: "main",
      ...more
    }),
    ""
  )

/** A push of a commit of its own to the lane's pull request. */
export const push = (lane: Lane, delivery: string): Job => lifecycle(lane, delivery, "pr_push", shaOf(delivery))

/** A mention on the lane's pull request, in a comment of its own. */
export const mention = (
  lane: Lane,
  delivery: string,
  text = "explain",
  commentId = parseInt(shaOf(delivery).slice(0, 12), 16)
): Job =>
  jobOf(
    lane,
    delivery,
    PullRequestEvent.cases.Comment.make({
      kind: "issue_comment",
      pullRequest: pullRequest(lane),
      title: "Add retries",
      author,
      authorIsBot: false,
      commentId,
      body: `@nominal ${text}`
    }),
    text
  )

/** A review of a commit. */
export const reviewOf = (headSha: Sha): JobOutcome =>
  JobOutcome.cases.Reviewed.make({ headSha, findings: 2, alreadyPosted: false })

export const reviewed = JobOutcome.cases.Reviewed.make({
  headSha: shaOf("head"),
  findings: 2,
  alreadyPosted: false
})
