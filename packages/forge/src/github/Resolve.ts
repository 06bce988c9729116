import type { PullRequestRef } from "@nominal-code/domain/event/PullRequest"
import { Effect, Option, Schema, Stream } from "effect"
import type { Thread } from "../Forge.ts"
import { pagesWithin } from "../ListSize.ts"
import type { GitHubClient } from "./Client.ts"
import { pullRequestCall } from "./Reads.ts"

const Threads = Schema.Struct({
  data: Schema.Struct({
    repository: Schema.Struct({
      pullRequest: Schema.Struct({
        reviewThreads: Schema.Struct({
          pageInfo: Schema.Struct({ hasNextPage: Schema.Boolean, endCursor: Schema.NullOr(Schema.String) }),
          nodes: Schema.Array(Schema.Struct({
            id: Schema.String,
            isResolved: Schema.Boolean,
            comments: Schema.Struct({
              nodes: Schema.Array(Schema.Struct({ fullDatabaseId: Schema.FiniteFromString }))
            })
          }))
        })
      })
    })
  })
})

const threadsQuery = `query ThreadIds($owner: String!, $name: String!, $number: Int!, $after: String) {
  repository(owner: $owner, name: $name) { pullRequest(number: $number) { reviewThreads(first: 100, after: $after) {
    pageInfo { hasNextPage endCursor }
    nodes { id isResolved comments(first: 1) { nodes { fullDatabaseId } } }
  } } }
}`

const resolveThread = `mutation ResolveThread($id: ID!) {
  resolveReviewThread(input: { threadId: $id }) { thread { isResolved } }
}`

/** Makes the resolution of threads, which REST does not know. It is idempotent. */
export const makeResolve = (client: GitHubClient) => {
  const threads = (ref: PullRequestRef) => {
    const { names: { owner, repo: name }, ...call } = pullRequestCall("resolveThread", ref)
    return pagesWithin(call, Option.none<string>(), (after) =>
      client.graphql({
        ...call,
        text: threadsQuery,
        variables: { owner, name, number: ref.number, after: Option.getOrNull(after) },
        answer: Threads
      }).pipe(Effect.map(({ data: { repository: { pullRequest: { reviewThreads: { nodes, pageInfo } } } } }) =>
        [
          nodes,
          pageInfo.hasNextPage ? Option.map(Option.fromNullOr(pageInfo.endCursor), Option.some) : Option.none()
        ] as const
      )))
  }

  return Effect.fn("GitHub.resolveThread")(function*({ pullRequest, threadId }: Thread) {
    const found = yield* threads(pullRequest).pipe(
      Stream.filter(({ comments }) => String(comments.nodes[0]?.fullDatabaseId) === threadId),
      Stream.runHead
    )
    if (Option.isNone(found) || found.value.isResolved) return
    const { names: _, ...call } = pullRequestCall("resolveThread", pullRequest)
    yield* client.mutate({ ...call, text: resolveThread, variables: { id: found.value.id }, answer: Schema.Unknown })
  })
}
