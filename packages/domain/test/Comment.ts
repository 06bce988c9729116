import { Login, PullNumber, PullRequestRef, RepoName } from "@nominal-code/domain/event/PullRequest"
import { PullRequestEvent } from "@nominal-code/domain/event/PullRequestEvent"

const pullRequest = new PullRequestRef({
  platform: "github",
  repo: RepoName.make("acme/shop"),
  number: PullNumber.make(7)
})
/** An event of a comment below a pull request. */
export const comment = (commentId: number) =>
  PullRequestEvent.cases.Comment.make({
    kind: "issue_comment",
    pullRequest,
    title: "",
    author: Login.make("ada"),
    authorIsBot: false,
    commentId,
    body: ""
  })
