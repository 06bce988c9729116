import type { PullRequest } from "@nominal-code/domain/PullRequest"
import { Effect, Option, Schema } from "effect"
import { makeLinkedIssues } from "../IssueReferences.ts"
import type { GitLabClient } from "./Client.ts"
import { operationOf } from "./Reads.ts"

const Issue = Schema.Struct({
  iid: Schema.Int,
  title: Schema.String,
  description: Schema.NullOr(Schema.String),
  /** True for one that whoever wrote the merge request may not be allowed to read. */
  confidential: Schema.optional(Schema.NullOr(Schema.Boolean))
})

/** Makes the reader of the issues that a merge request names. `host`: address of GitLab's pages. */
export const makeReadIssues = (client: GitLabClient, host: string) =>
  makeLinkedIssues(host, ({ ref }: PullRequest, number) =>
    client.request({
      operation: operationOf("linkedIssues", ref),
      ask: (gitlab) =>
        gitlab.MergeRequests.requester.get(`projects/${encodeURIComponent(ref.repo)}/issues/${number}`)
          .then(({ body }) => body),
      answer: Issue
    }).pipe(
      Effect.map(({ confidential, description, iid, title }) =>
        iid === number && confidential !== true
          ? Option.some({ number, title, body: description ?? "" })
          : Option.none()
      )
    ))
