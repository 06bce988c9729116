import type { JobId } from "@nominal-code/domain/Job"
import { findMarker, type Marker } from "@nominal-code/domain/Marker"
import type { PullRequestRef } from "@nominal-code/domain/PullRequest"
import { Effect, Option, Schema, Stream } from "effect"
import type { ForgeError } from "./ForgeError.ts"
import type { GitHubClient } from "./GitHubClient.ts"
import { about, ghost } from "./GitHubReads.ts"

/** Something that somebody wrote on a pull request. */
export interface Post {
  readonly id: number
  readonly body: string
  readonly author: string
  readonly url: string
  readonly createdAt: string
  /** A review that is not submitted is a draft that its author alone can see. */
  readonly submitted: boolean
}

/** What our account has on a pull request, as far as one job goes. */
export interface Seen {
  /** The job's review: a real one, or a plain comment that holds the summary of one without comments. */
  readonly review: Option.Option<Post & { readonly inline: number; readonly folded: number }>
  /** The job's plain answer: its marker names no commit. */
  readonly answer: Option.Option<Post>
  /** Reviews of ours that were begun and not submitted, by any job. GitHub allows one, and refuses the next. */
  readonly unsubmitted: ReadonlyArray<number>
}

/** The forge as the ledger of what was posted. */
export interface GitHubPosts {
  issueComments(operation: string, ref: PullRequestRef): Effect.Effect<ReadonlyArray<Post>, ForgeError>
  reviews(operation: string, ref: PullRequestRef): Effect.Effect<ReadonlyArray<Post>, ForgeError>
  /** Anybody can copy a marker, so only our own account's posts count. */
  seen(operation: string, ref: PullRequestRef, jobId: JobId): Effect.Effect<Seen, ForgeError>
}

const Wire = Schema.Struct({
  id: Schema.Int,
  body: Schema.optional(Schema.NullOr(Schema.String)),
  user: Schema.optional(Schema.NullOr(Schema.Struct({ login: Schema.String }))),
  html_url: Schema.optional(Schema.String),
  created_at: Schema.optional(Schema.String),
  submitted_at: Schema.optional(Schema.NullOr(Schema.String)),
  state: Schema.optional(Schema.String)
})

const Account = Schema.Struct({ login: Schema.String })

const post = (wire: typeof Wire.Type): Post => ({
  id: wire.id,
  body: wire.body ?? "",
  author: wire.user?.login ?? ghost,
  url: wire.html_url ?? "",
  createdAt: wire.created_at ?? wire.submitted_at ?? "",
  submitted: wire.state !== "PENDING"
})

const markersIn = (body: string): ReadonlyArray<Marker> =>
  body.split(/(?=<!-- )/).flatMap((part) => Option.toArray(findMarker(part)))

const isOf = (jobId: JobId, wanted: (marker: Marker) => boolean) => ({ body, submitted }: Post) =>
  submitted && markersIn(body).some((marker) => marker.jobId === jobId && wanted(marker))

const isReview = ({ fingerprint, headSha }: Marker) => headSha !== undefined && fingerprint === undefined
const isAnswer = ({ fingerprint, headSha }: Marker) => headSha === undefined && fingerprint === undefined
const isFinding = ({ fingerprint }: Marker) => fingerprint !== undefined

/** The login of a token's owner. */
export const ownerLogin = (client: GitHubClient): Effect.Effect<string, ForgeError> =>
  client.request({ operation: "GitHub.account", route: "GET /user", parameters: {}, answer: Account }).pipe(
    Effect.map(({ login }) => login)
  )

export const makePosts = Effect.fnUntraced(function*(client: GitHubClient, login: Effect.Effect<string, ForgeError>) {
  const list = (path: string) => (operation: string, ref: PullRequestRef) => {
    const { names, ...call } = about(operation, ref)
    return client.pages({
      ...call,
      route: `GET /repos/{owner}/{repo}/${path}`,
      parameters: { ...names, number: ref.number },
      answer: Wire
    }).pipe(Stream.map(post), Stream.runCollect)
  }
  const issueComments = list("issues/{number}/comments")
  const reviewComments = list("pulls/{number}/comments")
  const reviews = list("pulls/{number}/reviews")

  const ownLogin = yield* Effect.cachedWithTTL(
    login,
    (exit) => exit._tag === "Success" ? "1 day" : 0
  )

  const seen = Effect.fnUntraced(function*(operation: string, ref: PullRequestRef, jobId: JobId) {
    const lists = [reviews, issueComments, reviewComments].map((of) => of(operation, ref))
    const [self, found] = yield* Effect.all([ownLogin, Effect.all(lists, { concurrency: 3 })], { concurrency: 2 })
    const [ourReviews = [], ourComments = [], ourReplies = []] = found.map((posts) =>
      posts.filter(({ author }) => author.toLowerCase() === self.toLowerCase())
    )
    const plain = [...ourComments, ...ourReplies]
    const review = [...ourReviews, ...plain].find(isOf(jobId, isReview))
    return {
      review: Option.map(Option.fromNullishOr(review), (found) => ({
        ...found,
        inline: ourReplies.filter(isOf(jobId, isFinding)).length,
        folded: markersIn(found.body).filter(isFinding).length
      })),
      answer: Option.fromNullishOr(plain.find(isOf(jobId, isAnswer))),
      // Without a marker it is the account owner's own draft.
      unsubmitted: ourReviews.filter(({ body, submitted }) => !submitted && markersIn(body).length > 0)
        .map(({ id }) => id)
    }
  })

  const posts: GitHubPosts = { issueComments, reviews, seen }
  return posts
})
