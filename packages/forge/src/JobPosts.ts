import type { Sha } from "@nominal-code/domain/event/PullRequest"
import type { JobId } from "@nominal-code/domain/job/Job"
import type { Fingerprint } from "@nominal-code/domain/review/Finding"
import { type Marker, markersIn, type ReviewMode } from "@nominal-code/domain/review/Marker"
import { PostedReview } from "@nominal-code/domain/review/Review"
import { Option, Order } from "effect"
import type { ReviewedHead } from "./Forge.ts"

/** Kind of a post: a review, a comment below the pull request, or one in a thread of the diff. */
export type PostKind = "review" | "comment" | "thread"

/** A review or comment on a pull request, by anybody. */
export interface Post {
  readonly kind: PostKind
  readonly id: number
  readonly body: string
  readonly author: string
  /** True for a post of our account. */
  readonly own: boolean
  /** Present for a post of an account of ours beside the present one, which may neither edit nor delete it. */
  readonly byOtherAccount?: true
  readonly url: string
  readonly createdAt: string
  /** False for a draft review, which only its author can see. */
  readonly submitted: boolean
  /** File that a comment on the diff stands on. */
  readonly path?: string
  readonly line?: number
  /** Line at the commit that was commented on. */
  readonly originalLine?: number
  readonly diffHunk?: string
  /** First comment of its thread. */
  readonly thread?: number
  /** State of the thread; absent where it is not known. */
  readonly resolved?: boolean
}

/** Posts of our account on a pull request, for one job. */
export interface JobPosts {
  /** The job's review: a real one, or a plain comment that holds the summary of one without comments. */
  readonly review: Option.Option<PostedReview>
  /** The job's reviews in all forms, the one that stays first. */
  readonly reviews: ReadonlyArray<Post>
  /** The job's plain answers, the one that stays first: their marker names no commit. */
  readonly answers: ReadonlyArray<Post>
  /** Plain posts of any job that say again what an earlier post of that job says. */
  readonly duplicates: ReadonlyArray<Post>
  readonly reviewedHeads: ReadonlyArray<ReviewedHead>
  /** Summary of the newest review of a head, by any job. */
  readonly summary: Option.Option<Post>
  /** Findings that a post of the job calls fixed or dismissed. */
  readonly settled: ReadonlyArray<Fingerprint>
  readonly mode: ReviewMode
}

/** All kinds of posts, the most lasting first. */
export const postKinds: ReadonlyArray<PostKind> = ["review", "comment", "thread"]

/** Finding that a marker calls fixed or dismissed. */
export const settledBy = ({ dismissed, fixed }: Marker): Fingerprint | undefined => fixed ?? dismissed

const isAnswer = ({ fingerprint, headSha }: Marker) => headSha === undefined && fingerprint === undefined
/** A finding that a review settles in its thread. Two findings may have one fingerprint. */
const isSettlement = (marker: Marker) => settledBy(marker) !== undefined && marker.headSha !== undefined
const isFinding = ({ fingerprint }: Marker) => fingerprint !== undefined

/** Commit of a review's own marker. */
export const headOf = (marker: Marker): Sha | undefined =>
  marker.fingerprint === undefined && settledBy(marker) === undefined ? marker.headSha : undefined

/** Commits that a summary of ours is of, the newest first. */
export const reviewedIn = (body: string): ReadonlyArray<Sha> =>
  markersIn(body).flatMap((marker) => headOf(marker) ?? [])

/** Order of a job's posts. The first one stays when duplicates are removed, and every process computes the same one. */
const staysFirst = Order.combine(
  Order.mapInput(Order.Number, ({ kind }: Post) => postKinds.indexOf(kind)),
  Order.mapInput(Order.Number, ({ id }: Post) => id)
)

const headsIn = ({ body, url }: Post): ReadonlyArray<ReviewedHead> =>
  markersIn(body).flatMap((marker) => {
    const headSha = headOf(marker)
    if (headSha === undefined || marker.scope === "request") return []
    return [{ headSha, jobId: marker.jobId, ...(url === "" ? {} : { url }) }]
  })

/** Order of the answers to commands: the last one holds. Instants of a forge are of whole seconds, so ids tell apart. */
const oldestFirst = Order.combine(
  Order.mapInput(Order.String, ({ createdAt }: Post) => createdAt),
  Order.mapInput(Order.Number, ({ id }: Post) => id)
)

/** Mode that commands have set: by the markers that end our posts, as one further up may be a quotation. */
const modeIn = (submitted: ReadonlyArray<Post>): ReviewMode =>
  submitted.toSorted(oldestFirst).flatMap(({ body }) => markersIn(body)).findLast(({ mode }) => mode !== undefined)
    ?.mode ?? "active"

/** Newest summary, if we may edit it. A reply in a thread is an answer to a person, and stays as it is. */
const summaryIn = (submitted: ReadonlyArray<Post>): Option.Option<Post> =>
  Option.fromUndefinedOr(
    submitted.toSorted(oldestFirst).findLast(({ body, kind }) =>
      kind !== "thread" &&
      markersIn(body).some((marker) => headOf(marker) !== undefined && marker.scope === undefined)
    )
  ).pipe(Option.filter(({ byOtherAccount }) => byOtherAccount === undefined))

const meaningOf = ({ body }: Post): string => {
  const [marker] = markersIn(body)
  if (marker === undefined || isFinding(marker) || isSettlement(marker)) return ""
  return `${isAnswer(marker) ? "answer" : "review"} ${marker.jobId}`
}

/** Posts of ours that repeat an older one: plain ones only. A review was submitted by the run that had the lease. */
const duplicatesIn = (submitted: ReadonlyArray<Post>): ReadonlyArray<Post> =>
  [...Map.groupBy(submitted, meaningOf)].flatMap(([meaning, posts]) =>
    meaning === "" ? [] : posts.sort(staysFirst).slice(1).filter(({ kind }) => kind !== "review")
  )

/** Reads the reviewed heads and the mode out of the posts on a pull request. */
export const reviewStateIn = (posts: ReadonlyArray<Post>): Pick<JobPosts, "reviewedHeads" | "mode"> => {
  const submitted = posts.filter((post) => post.own && post.submitted)
  return { reviewedHeads: submitted.flatMap(headsIn), mode: modeIn(submitted) }
}

/** Instant of our newest review of a head, as the forge writes it; empty for none. */
export const lastReviewIn = (posts: ReadonlyArray<Post>): string =>
  posts.filter((post) => post.own && post.submitted && headsIn(post).length > 0).map(({ createdAt }) => createdAt)
    .reduce((last, createdAt) => createdAt > last ? createdAt : last, "")

/** Reads the posts of one job out of everybody's posts. Others' do not count, because anybody can copy a marker. */
export const jobPostsIn = (posts: ReadonlyArray<Post>, jobId: JobId): JobPosts => {
  const own = posts.filter((post) => post.own)
  const submitted = own.filter((post) => post.submitted)
  const ofJob = (wanted: (marker: Marker) => boolean) => ({ body }: Post) =>
    markersIn(body).some((marker) => marker.jobId === jobId && wanted(marker))
  const reviews = submitted.filter(ofJob((marker) => headOf(marker) !== undefined)).sort(staysFirst)
  const review = Option.fromNullishOr(reviews[0]).pipe(
    Option.flatMap(({ body, url }) =>
      Option.map(
        Option.fromNullishOr(markersIn(body).filter((marker) => marker.jobId === jobId).map(headOf).find(Boolean)),
        (headSha) =>
          new PostedReview({
            ...(url === "" ? {} : { url }),
            headSha,
            inline: submitted.filter(({ kind }) => kind === "thread").filter(ofJob(isFinding)).length,
            folded: markersIn(body).filter((marker) => marker.jobId === jobId && isFinding(marker)).length,
            alreadyPosted: true
          })
      )
    )
  )
  return {
    review,
    reviews,
    answers: submitted.filter(({ kind }) => kind !== "review").filter(ofJob(isAnswer)).sort(staysFirst),
    duplicates: duplicatesIn(submitted),
    summary: summaryIn(submitted),
    settled: submitted.filter(ofJob(isSettlement)).flatMap(({ body }) =>
      markersIn(body).flatMap((marker) => settledBy(marker) ?? [])
    ),
    ...reviewStateIn(submitted)
  }
}

/** Our account's unsubmitted review on GitHub, of any job or of a person. GitHub allows one, and refuses the next. */
export const draftIn = (posts: ReadonlyArray<Post>): Option.Option<Post> =>
  Option.fromNullishOr(posts.find(({ kind, own, submitted }) => own && kind === "review" && !submitted))
