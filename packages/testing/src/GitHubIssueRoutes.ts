import { Effect, Schema } from "effect"
import {
  type Api,
  bodyOf,
  type Call,
  checkText,
  found,
  type Handler,
  type Handlers,
  pullOf,
  type Refusal
} from "./GitHubApi.ts"
import { type Account, type IssueComment, now, type PullRequest } from "./GitHubState.ts"

const Text = Schema.Struct({ body: Schema.String })
const Content = Schema.Struct({ content: Schema.String })

const commentOf = (api: Api, { params }: Call) => found(api.state.issueComments, params["comment_id"])

/** Adds a comment to a pull request's conversation. */
export const addIssueComment = Effect.fnUntraced(
  function*(api: Api, pull: PullRequest, author: Account, body: string) {
    yield* checkText(body, "Body")
    const comment: IssueComment = { id: api.state.nextId(), pull, author, createdAt: now(), body }
    api.state.issueComments.push(comment)
    return comment
  }
)

/** A pull request's conversation. */
export const issueRoutes = (api: Api): Handlers => ({
  "issues/list-comments": Effect.fnUntraced(function*(call) {
    const pull = yield* pullOf(api, call)
    return { status: 200, list: api.state.issueCommentsOf(pull).map((comment) => api.wire.issueComment(comment)) }
  }),
  "issues/create-comment": Effect.fnUntraced(function*(call) {
    const pull = yield* pullOf(api, call)
    const { body } = yield* bodyOf(Text, call)
    const comment = yield* addIssueComment(api, pull, call.viewer, body)
    return { status: 201, body: api.wire.issueComment(comment) }
  }),
  "issues/get-comment": (call) =>
    Effect.map(commentOf(api, call), (comment) => ({ status: 200, body: api.wire.issueComment(comment) })),
  "issues/update-comment": Effect.fnUntraced(function*(call) {
    const comment = yield* commentOf(api, call)
    const { body } = yield* bodyOf(Text, call)
    yield* checkText(body, "Body")
    Object.assign(comment, { body, editedAt: now() })
    return { status: 200, body: api.wire.issueComment(comment) }
  }),
  "issues/delete-comment": Effect.fnUntraced(function*(call) {
    api.state.remove(api.state.issueComments, yield* commentOf(api, call))
    return { status: 204 }
  })
})

type Subject = (call: Call) => Effect.Effect<string, Refusal>

const create = (api: Api, subjectOf: Subject): Handler =>
  Effect.fnUntraced(function*(call) {
    const subject = yield* subjectOf(call)
    const { content } = yield* bodyOf(Content, call)
    const { reactions } = api.state
    const known = reactions.find((reaction) =>
      reaction.subject === subject && reaction.content === content && reaction.author === call.viewer
    )
    // The same reaction a second time changes nothing, and GitHub says so by 200 in place of 201.
    if (known !== undefined) return { status: 200, body: api.wire.reaction(known) }
    const reaction = { id: api.state.nextId(), subject, content, author: call.viewer, createdAt: now() }
    reactions.push(reaction)
    return { status: 201, body: api.wire.reaction(reaction) }
  })

const list = (api: Api, subjectOf: Subject): Handler =>
  Effect.fnUntraced(function*(call) {
    const subject = yield* subjectOf(call)
    const reactions = api.state.reactions.filter((reaction) => reaction.subject === subject)
    return { status: 200, list: reactions.map((reaction) => api.wire.reaction(reaction)) }
  })

/** Emojis on pull requests and on comments. */
export const reactionRoutes = (api: Api): Handlers => {
  const issue: Subject = (call) => Effect.map(pullOf(api, call), ({ id }) => `pull:${id}`)
  const issueComment: Subject = (call) => Effect.map(commentOf(api, call), ({ id }) => `issue-comment:${id}`)
  const reviewComment: Subject = ({ params }) =>
    Effect.map(found(api.state.reviewComments, params["comment_id"]), ({ id }) => `review-comment:${id}`)
  return {
    "reactions/create-for-issue": create(api, issue),
    "reactions/create-for-issue-comment": create(api, issueComment),
    "reactions/create-for-pull-request-review-comment": create(api, reviewComment),
    "reactions/list-for-issue": list(api, issue),
    "reactions/list-for-issue-comment": list(api, issueComment),
    "reactions/list-for-pull-request-review-comment": list(api, reviewComment)
  }
}
