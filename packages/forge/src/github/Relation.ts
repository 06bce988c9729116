import { Association, Relation } from "@nominal-code/domain/event/Access"
import type { RepoName } from "@nominal-code/domain/event/PullRequest"
import type { PullRequestEvent } from "@nominal-code/domain/event/PullRequestEvent"
import { Cache, Data, Effect, Option, Schema } from "effect"
import type { GitHubClient } from "./Client.ts"
import { isNotFound } from "./Failure.ts"
import { pullRequestCall } from "./Reads.ts"

const AuthoredItem = Schema.Struct({ author_association: Schema.optional(Schema.Unknown) })

/** Number of authors whose relation is remembered, each for so long. */
const remembered = 1_000
const freshFor = "5 minutes"

class Author extends Data.Class<{ readonly repo: RepoName; readonly login: string }> {}

/** Call for what an event's author wrote: the comment, the review or the pull request. */
const writtenIn = (event: PullRequestEvent) => {
  const { number } = event.pullRequest
  const at = "GET /repos/{owner}/{repo}"
  if (event._tag === "Lifecycle") return { route: `${at}/pulls/{number}`, about: { number } }
  const { commentId: comment, kind } = event
  if (kind === "issue_comment") return { route: `${at}/issues/comments/{comment}`, about: { comment } }
  return kind === "review_comment"
    ? { route: `${at}/pulls/comments/{comment}`, about: { comment } }
    : { route: `${at}/pulls/{number}/reviews/{comment}`, about: { number, comment } }
}

const isAssociation = Schema.is(Association)

const associated = (association: unknown): Relation =>
  Relation.cases.Associated.make(isAssociation(association) ? { association } : {})

/**
 * Makes the look-up of an author's relation to a repository: GitHub shows it with everything that somebody has written
 * there. For what was deleted meanwhile, the delivery says it.
 */
export const makeRelation = Effect.fnUntraced(function*(client: GitHubClient) {
  const known = yield* Cache.make<Author, Relation>({
    capacity: remembered,
    timeToLive: freshFor,
    lookup: () => Effect.succeed(associated(undefined))
  })

  const ask = (event: PullRequestEvent) => {
    const { names, ...call } = pullRequestCall("relation", event.pullRequest)
    const { about, route } = writtenIn(event)
    return client.request({ ...call, route, parameters: { ...names, ...about }, answer: AuthoredItem }).pipe(
      Effect.map(({ author_association }) => associated(author_association)),
      Effect.catchIf(isNotFound, () => Effect.succeed(associated(event.association)))
    )
  }

  return Effect.fn("GitHub.relation")(function*(event: PullRequestEvent) {
    const author = new Author({ repo: event.pullRequest.repo, login: event.author.toLowerCase() })
    const before = yield* Cache.getOption(known, author)
    if (Option.isSome(before)) return before.value
    const relation = yield* ask(event)
    yield* Cache.set(known, author, relation)
    return relation
  })
})
