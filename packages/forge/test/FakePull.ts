import { Schema } from "effect"
import { type Answer, type Recorded, ref, type Script } from "./FakeGitHub.ts"

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
  event: Schema.optionalKey(Schema.Literal("COMMENT")),
  comments: Schema.optionalKey(Schema.Array(Comment))
})
const NewComment = Schema.Struct({ body: Schema.String })

interface Written {
  readonly id: number
  readonly body: string
  readonly user: { readonly login: string }
  readonly html_url: string
}

/** What GitHub holds of a pull request, and the rules by which it takes reviews. */
export interface FakePull {
  readonly reviews: Array<
    Written & { readonly state: "PENDING" | "COMMENTED"; readonly comments: ReadonlyArray<Comment> }
  >
  readonly issueComments: Array<Written>
  readonly reviewComments: Array<Written & { readonly inReplyTo?: number }>
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
  const write = (body: string, where: string, login = self): Written => {
    const id = ++ids
    return { id, body, user: { login }, html_url: `https://github.example/acme/shop/pull/7#${where}-${id}` }
  }

  const createReview = (body: unknown): Answer => {
    const { body: text, comments = [], event } = Schema.decodeUnknownSync(NewReview)(body)
    if (pull.reviews.some(({ state, user }) => state === "PENDING" && user.login === self)) {
      return refusal("User can only have one pending review per pull request")
    }
    if (comments.some(refuses)) return refusal("Line could not be resolved")
    const review = {
      ...write(text, "pullrequestreview"),
      state: event ? "COMMENTED" as const : "PENDING" as const,
      comments
    }
    pull.reviews.push(review)
    if (event) pull.reviewComments.push(...comments.map(({ body }) => write(body, "discussion_r")))
    return { body: review }
  }

  const deleteReview = (id: number): Answer => {
    const index = pull.reviews.findIndex((review) => review.id === id)
    if (index < 0) return { status: 404, body: { message: "Not Found" } }
    if (pull.reviews[index]?.state !== "PENDING") return refusal("Can not delete a non-pending pull request review")
    return { body: pull.reviews.splice(index, 1)[0] }
  }

  const reply = (thread: number, body: unknown): Answer => {
    const written = { ...write(Schema.decodeUnknownSync(NewComment)(body).body, "discussion_r"), inReplyTo: thread }
    pull.reviewComments.push(written)
    return { status: 201, body: written }
  }

  const issueComment = (body: unknown): Answer => {
    const written = write(Schema.decodeUnknownSync(NewComment)(body).body, "issuecomment")
    pull.issueComments.push(written)
    return { status: 201, body: written }
  }

  const page = (items: ReadonlyArray<unknown>, { query }: Recorded): Answer => {
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
      if (route === "GET /user") return { body: { login: self, id: 1 } }
      if (route === "GET pulls/7/reviews") return page(pull.reviews, request)
      if (route === "GET pulls/7/comments") return page(pull.reviewComments, request)
      if (route === "GET issues/7/comments") return page(pull.issueComments, request)
      if (route === "POST pulls/7/reviews") return createReview(body)
      if (route === "POST issues/7/comments") return issueComment(body)
      const [, review] = /^DELETE pulls\/7\/reviews\/(\d+)$/.exec(route) ?? []
      if (review !== undefined) return deleteReview(Number(review))
      const [, thread] = /^POST pulls\/7\/comments\/(\d+)\/replies$/.exec(route) ?? []
      return thread === undefined ? undefined : reply(Number(thread), body)
    }
  }
  return pull
}
