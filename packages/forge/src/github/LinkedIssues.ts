import type { PullRequest } from "@nominal-code/domain/event/PullRequest"
import { Effect, Option, Schema } from "effect"
import { makeLinkedIssues } from "../IssueReferences.ts"
import type { GitHubClient } from "./Client.ts"
import { pullRequestCall } from "./Reads.ts"

const Issue = Schema.Struct({
  number: Schema.Int,
  title: Schema.String,
  body: Schema.NullOr(Schema.String),
  /** Present on a pull request, which GitHub counts as an issue, too. */
  pull_request: Schema.optional(Schema.Unknown)
})

/** Makes the reader of the issues that a pull request names. `host`: address of GitHub's pages. */
export const makeReadIssues = (client: GitHubClient, host: string) =>
  makeLinkedIssues(host, ({ ref }: PullRequest, number) => {
    const { names, ...call } = pullRequestCall("linkedIssues", ref)
    return client.request({
      ...call,
      route: "GET /repos/{owner}/{repo}/issues/{issue_number}",
      parameters: { ...names, issue_number: number },
      answer: Issue
    }).pipe(
      Effect.map(({ body, number: now, pull_request: pull, title }) =>
        // One that was transferred has another number, in another repository.
        now === number && pull === undefined ? Option.some({ number, title, body: body ?? "" }) : Option.none()
      )
    )
  })
