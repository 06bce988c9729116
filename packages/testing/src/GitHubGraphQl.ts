import { Data, Effect, Schema } from "effect"
import type { Api } from "./GitHubApi.ts"
import { pullNode } from "./GitHubPullNodes.ts"
import { actorNode, ReviewNodes, threadId } from "./GitHubReviewNodes.ts"
import type { Account, GitHubState, Repository } from "./GitHubState.ts"
import { GraphQlError } from "./GraphQlQuery.ts"
import { field, GraphNode, runQuery } from "./GraphQlRun.ts"

const Request = Schema.Struct({
  query: Schema.String,
  variables: Schema.optionalKey(Schema.NullOr(Schema.Record(Schema.String, Schema.Unknown))),
  operationName: Schema.optionalKey(Schema.NullOr(Schema.String))
})
const Input = Schema.Struct({ threadId: Schema.String })

/** Answer of the GraphQL endpoint, always with 200, and the errors that GitHub would find. */
export interface GraphQlAnswer {
  readonly body: unknown
  readonly errors: ReadonlyArray<string>
}

class UnreadableQuery extends Data.TaggedError("UnreadableQuery")<{ readonly message: string }> {}

const missing = (what: string) =>
  new GraphQlError({ type: "NOT_FOUND", message: `Could not resolve to a node: ${what}` })

const queryNode = (state: GitHubState, nodes: ReviewNodes, viewer: Account) => {
  const repositoryNode = (repository: Repository) =>
    new GraphNode("Repository", {
      databaseId: repository.id,
      nameWithOwner: repository.fullName,
      pullRequest: field(({ number }) => {
        const pull = state.pull(repository.fullName, Number(number))
        if (pull !== undefined) return pullNode(state, nodes, viewer, pull)
        throw missing(`number ${String(number)}`)
      }, "number")
    })

  return new GraphNode("Query", {
    viewer: field(() => actorNode(viewer)),
    node: field(({ id }) => {
      const [thread] = nodes.threads((comment) => threadId(comment.thread) === id)
      if (thread !== undefined) return thread
      throw missing(String(id))
    }, "id"),
    repository: field(
      ({ name, owner }) => {
        const fullName = `${String(owner)}/${String(name)}`
        const repository = state.repository(fullName)
        if (repository !== undefined) return repositoryNode(repository)
        throw missing(fullName)
      },
      "owner",
      "name",
      "followRenames"
    )
  })
}

const mutationNode = (state: GitHubState, nodes: ReviewNodes, viewer: Account) => {
  const settle = (resolvedBy: Account | undefined) =>
    field(({ input }) => {
      // GitHub asks for `contents: write`, which no App of ours has; source: github/gh-aw#35726.
      if (viewer.type === "Bot") {
        throw new GraphQlError({ type: "FORBIDDEN", message: "Resource not accessible by integration" })
      }
      const { threadId: id } = Effect.runSync(Schema.decodeUnknownEffect(Input)(input))
      const comment = state.reviewComments.find(({ thread }) => threadId(thread) === id)
      if (comment === undefined) throw missing(id)
      comment.thread.resolvedBy = resolvedBy
      return new GraphNode("ResolveReviewThreadPayload", { thread: field(() => nodes.thread([comment])) })
    }, "input")

  return new GraphNode("Mutation", {
    resolveReviewThread: settle(viewer),
    unresolveReviewThread: settle(undefined)
  })
}

/** Everything that the emulated graph knows, from a viewer's point of view. */
const makeRoots = (api: Pick<Api, "state" | "wire">, viewer: Account) => {
  const nodes = new ReviewNodes(api, viewer)
  return { query: queryNode(api.state, nodes, viewer), mutation: mutationNode(api.state, nodes, viewer) }
}

/** Answers one GraphQL request, strict about every field and argument that it does not know. */
export const answerGraphQl = (
  api: Pick<Api, "state" | "wire">,
  viewer: Account,
  body: unknown
): Effect.Effect<GraphQlAnswer> =>
  Schema.decodeUnknownEffect(Request)(body).pipe(
    Effect.flatMap(({ query, variables }) =>
      Effect.try({
        try: (): GraphQlAnswer => ({
          body: { data: runQuery(query, variables ?? {}, makeRoots(api, viewer)) },
          errors: []
        }),
        catch: (error) => error instanceof GraphQlError ? error : new UnreadableQuery({ message: String(error) })
      })
    ),
    Effect.catch((error) => {
      const type = error instanceof GraphQlError ? error.type : "unreadable"
      // What is not there, or not allowed, is no fault of the query.
      const errors = type === "NOT_FOUND" || type === "FORBIDDEN" ? [] : [error.message]
      return Effect.succeed({ body: { data: null, errors: [{ type, message: error.message }] }, errors })
    })
  )
