import { Schema } from "effect"
import { type Answer, type RecordedRequest, ref, type Script } from "./FakeGitHub.ts"

const Comment = Schema.Struct({
  path: Schema.String,
  line: Schema.Int,
  side: Schema.String,
  body: Schema.String,
  start_line: Schema.optionalKey(Schema.Int),
  start_side: Schema.optionalKey(Schema.String)
})
type Comment = typeof Comment.Type

const NewReview = Schema.Struct({
  commit_id: Schema.optionalKey(Schema.String),
  body: Schema.String,
  comments: Schema.optionalKey(Schema.Array(Comment))
})
const NewComment = Schema.Struct({ body: Schema.String })

type State = "PENDING" | "COMMENTED"

interface StoredPost {
  readonly id: number
  readonly body: string
  readonly user: { readonly login: string }
  readonly html_url: string
}

/** A pull request as GitHub holds it, with the rules by which it takes reviews. */
export interface FakePull {
  readonly reviews: Array<StoredPost & { state: State; readonly comments: ReadonlyArray<Comment> }>
  readonly issueComments: Array<StoredPost>
  readonly reviewComments: Array<StoredPost & { readonly inReplyTo?: number }>
  /** Reviews that everybody sees. */
  readonly submitted: () => FakePull["reviews"]
  readonly script: Script
}

export const self = "nominal-bot"

const base = `/repos/${ref.repo}`
const refusal = (...errors: ReadonlyArray<string>): Answer => ({
  status: 422,
  body: { message: "Unprocessable Entity", errors, documentation_url: "https://docs.github.com/rest" }
})

/** `refuses`: the comments whose place is not in the diff. One of them refuses the whole review, as with GitHub. */
export const fakePull = (refuses: (comment: Comment) => boolean = () => false): FakePull => {
  let ids = 1_000
  const write = (body: string, where: string, login = self): StoredPost => {
    const id = ++ids
    return { id, body, user: { login }, html_url: `https://github.example/acme/shop/pull/7#${where}-${id}` }
  }

  const hasPending = () => pull.reviews.some(({ state, user }) => state === "PENDING" && user.login === self)

  const createReview = (body: unknown): Answer => {
    const { body: text, comments = [] } = Schema.decodeUnknownSync(NewReview)(body)
    if (hasPending()) return refusal("User can only have one pending review per pull request")
    if (comments.some(refuses)) return refusal("Line could not be resolved")
    const state: State = "PENDING"
    const review = { ...write(text, "pullrequestreview"), state, comments }
    pull.reviews.push(review)
    return { body: review }
  }

  const submitReview = (id: number): Answer => {
    const review = pull.reviews.find((review) => review.id === id)
    if (review === undefined) return { status: 404, body: { message: "Not Found" } }
    if (review.state !== "PENDING") return refusal("Could not submit a review that is not pending")
    review.state = "COMMENTED"
    pull.reviewComments.push(...review.comments.map(({ body }) => write(body, "discussion_r")))
    return { body: review }
  }

  const deleteReview = (id: number): Answer => {
    const index = pull.reviews.findIndex((review) => review.id === id)
    if (index < 0) return { status: 404, body: { message: "Not Found" } }
    if (pull.reviews[index]?.state !== "PENDING") return refusal("Can not delete a non-pending pull request review")
    return { body: pull.reviews.splice(index, 1)[0] }
  }

  const deleteComment = (list: Array<StoredPost>, id: number): Answer => {
    const index = list.findIndex((comment) => comment.id === id)
    if (index < 0) return { status: 404, body: { message: "Not Found" } }
    list.splice(index, 1)
    return { status: 204 }
  }

  const reply = (thread: number, body: unknown): Answer => {
    if (hasPending()) {
      const message = "user_id can only have one pending review per pull request"
      const errors = [{ resource: "PullRequestReview", code: "custom", field: "user_id", message }]
      return { status: 422, body: { message: "Validation Failed", errors } }
    }
    const written = { ...write(Schema.decodeUnknownSync(NewComment)(body).body, "discussion_r"), inReplyTo: thread }
    pull.reviewComments.push(written)
    return { status: 201, body: written }
  }

  const issueComment = (body: unknown): Answer => {
    const written = write(Schema.decodeUnknownSync(NewComment)(body).body, "issuecomment")
    pull.issueComments.push(written)
    return { status: 201, body: written }
  }

  const node = ({ body, html_url, id, user }: StoredPost) => ({
    fullDatabaseId: String(id),
    body,
    url: html_url,
    viewerDidAuthor: user.login === self,
    author: { login: user.login, __typename: "User" },
    createdAt: "2026-01-01T00:00:00Z"
  })

  const connection = (nodes: ReadonlyArray<unknown>) => ({ pageInfo: { hasNextPage: false, endCursor: null }, nodes })

  const graphql = (): Answer => {
    const reviews = pull.reviews.map((review) => ({ ...node(review), state: review.state, submittedAt: null }))
    const reviewThreads = pull.reviewComments.map((comment) => ({
      id: `PRRT_${comment.id}`,
      isResolved: false,
      path: "src/cart.ts",
      line: 1,
      originalLine: 1,
      comments: connection([{ ...node(comment), state: "SUBMITTED", diffHunk: null }])
    }))
    const pullRequest = {
      reviews: connection(reviews),
      comments: connection(pull.issueComments.map(node)),
      reviewThreads: connection(reviewThreads)
    }
    return { body: { data: { repository: { pullRequest } } } }
  }

  const page = (items: ReadonlyArray<unknown>, { query }: RecordedRequest): Answer => {
    const size = Number(query.get("per_page"))
    const start = (Number(query.get("page")) - 1) * size
    return { body: items.slice(start, start + size) }
  }

  const pull: FakePull = {
    reviews: [],
    issueComments: [],
    reviewComments: [],
    submitted: () => pull.reviews.filter(({ state }) => state !== "PENDING"),
    script: (request) => {
      const { body, method, path } = request
      const route = `${method} ${path.replace(`${base}/`, "")}`
      if (path === "/graphql") return graphql()
      if (route === "GET /user") return { body: { login: self, id: 1 } }
      if (route === "GET pulls/7/reviews") return page(pull.reviews, request)
      if (route === "GET pulls/7/comments") return page(pull.reviewComments, request)
      if (route === "GET issues/7/comments") return page(pull.issueComments, request)
      if (route === "POST pulls/7/reviews") return createReview(body)
      if (route === "POST issues/7/comments") return issueComment(body)
      const [, verb, review, rest] = /^(\w+) pulls\/7\/reviews\/(\d+)(?:\/(\w+))?$/.exec(route) ?? []
      if (verb === "DELETE") return deleteReview(Number(review))
      if (rest === "events") return submitReview(Number(review))
      if (rest === "comments") return { body: pull.reviews.find(({ id }) => id === Number(review))?.comments ?? [] }
      const [, list, comment] = /^DELETE (issues|pulls)\/comments\/(\d+)$/.exec(route) ?? []
      if (list !== undefined) {
        return deleteComment(list === "issues" ? pull.issueComments : pull.reviewComments, Number(comment))
      }
      const [, thread] = /^POST pulls\/7\/comments\/(\d+)\/replies$/.exec(route) ?? []
      return thread === undefined ? undefined : reply(Number(thread), body)
    }
  }
  return pull
}
