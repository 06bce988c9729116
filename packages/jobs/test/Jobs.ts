import { DeliveryId, Job, jobIdOfDelivery, JobOutcome } from "@nominal-code/domain/Job"
import { Lane, Namespace } from "@nominal-code/domain/Lane"
import { Login, PullNumber, PullRequestRef, RepoName, Sha } from "@nominal-code/domain/PullRequest"
import { PullRequestEvent } from "@nominal-code/domain/PullRequestEvent"

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

/** A push to the lane's pull request: a lifecycle job, which a newer one replaces while it waits. */
export const push = (lane: Lane, delivery: string): Job =>
  jobOf(
    lane,
    delivery,
    PullRequestEvent.cases.Lifecycle.make({
      kind: "pr_push",
      pullRequest: pullRequest(lane),
      title: "Add retries",
      author,
      headSha: Sha.make("a".repeat(40)),
      headBranch: "retries",
      baseBranch: "main"
    }),
    ""
  )

/** A mention on the lane's pull request. */
export const mention = (lane: Lane, delivery: string, text = "explain"): Job =>
  jobOf(
    lane,
    delivery,
    PullRequestEvent.cases.Comment.make({
      kind: "issue_comment",
      pullRequest: pullRequest(lane),
      title: "Add retries",
      author,
      authorIsBot: false,
      commentId: 1,
      body: `@nominal ${text}`
    }),
    text
  )

export const reviewed = JobOutcome.cases.Reviewed.make({
  headSha: Sha.make("a".repeat(40)),
  findings: 2,
  alreadyPosted: false
})
