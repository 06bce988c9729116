import { PullNumber, PullRequest, PullRequestRef, RepoName, type Sha } from "@nominal-code/domain/event/PullRequest"
import type { Failure } from "@nominal-code/domain/job/Failure"
import { type Job, jobOfHead, type JobOutcome } from "@nominal-code/domain/job/Job"
import type { UsageSummary } from "@nominal-code/domain/model/Usage"
import { type Discussion, PostedReview, type ReviewDraft } from "@nominal-code/domain/review/Review"
import { KnownSecrets } from "@nominal-code/domain/secret/KnownSecrets"
import type { ReviewSettings } from "@nominal-code/domain/settings/ReviewSettings"
import { Forge, type OwnPosts } from "@nominal-code/forge/Forge"
import { makeOutgoingText, shownDraft } from "@nominal-code/forge/outgoing/OutgoingText"
import * as SpendMemory from "@nominal-code/persistence/SpendMemory"
import { ask } from "@nominal-code/review/commands/Question"
import { review as reviewJob } from "@nominal-code/review/Review"
import { type LocalChanges, resolveChanges, type ResolvedChanges } from "@nominal-code/workspace/LocalChanges"
import { type CheckoutRequest, Workspace } from "@nominal-code/workspace/Workspace"
import { Effect, Layer, Option, Redacted, Ref, Schema, Scope } from "effect"
import * as Configured from "./Configured.ts"
import { failureAdvice } from "./review/FailureAdvice.ts"
import { ReviewedFinding } from "./ReviewedFinding.ts"

/** A review of changes on this disk. */
export interface ReviewedChanges {
  /** Markdown. Findings without a place in the diff are listed in it. */
  readonly summary: string
  /** Findings that have their place in the diff, in its order. */
  readonly findings: ReadonlyArray<ReviewedFinding>
  readonly headSha: Sha
  readonly usage: Option.Option<UsageSummary>
}

/** Changes to review, and a request of what to look at in particular. */
export interface ReviewChangesOptions extends LocalChanges {
  readonly instructions?: string
}

/** End without a review: there is nothing to review, or the review failed. */
export class NotReviewed extends Schema.TaggedError<NotReviewed>()("NotReviewed", {
  reason: Schema.Literals(["nothing-to-review", "failed"]),
  message: Schema.String
}) {
  static readonly failed = (failure: Failure) => new NotReviewed({ reason: "failed", message: failureAdvice(failure) })
}

const repo = RepoName.make("local/repository")
const ref = new PullRequestRef({ platform: "github", repo, number: PullNumber.make(1) })

/** The changes as a forge shows a pull request. */
const pullRequestOf = ({ author, baseSha, headSha, title }: ResolvedChanges, { base, head }: LocalChanges) =>
  new PullRequest({
    ref,
    title,
    description: "",
    author,
    state: "open",
    draft: false,
    headSha,
    headBranch: head,
    baseSha,
    baseBranch: base
  })

const nothingPosted: OwnPosts = {
  review: Option.none(),
  answer: Option.none(),
  reviewedHeads: [],
  summary: Option.none(),
  mode: "active"
}

/** A review of a pull request whose commits are in a repository on this disk. */
export interface LocalReview {
  readonly job: Job
  readonly pullRequest: PullRequest
  /** Comments on it, oldest first. Absent: none. */
  readonly discussions?: ReadonlyArray<Discussion>
  /** The directory that holds `.git`. */
  readonly repository: string
  /** Settings in place of the configured ones. */
  readonly settings?: Option.Option<ReviewSettings>
}

const requestOf = ({ baseBranch, baseSha, headSha }: PullRequest): CheckoutRequest => ({
  repo,
  url: "",
  username: "",
  password: Redacted.make(""),
  headRef: "HEAD",
  headSha,
  baseBranch,
  baseSha
})

/** A workspace that checks the changes out once: the forge and the review look at the same files. */
const oneCheckout = (pullRequest: PullRequest) =>
  Layer.effect(
    Workspace,
    Effect.gen(function*() {
      const { checkout } = yield* Workspace
      const scope = yield* Effect.scope
      const once = yield* Effect.cached(Scope.provide(checkout(requestOf(pullRequest)), scope))
      return Workspace.of({ checkout: () => once })
    })
  )

/** A forge with one pull request, made of the changes, which keeps the review that is posted to it. */
const localForge = (
  { discussions = [], pullRequest }: Pick<LocalReview, "discussions" | "pullRequest">,
  posted: Ref.Ref<Option.Option<ReviewDraft>>
) =>
  Layer.effect(
    Forge,
    Effect.map(Workspace, (workspace) =>
      Forge.of({
        platform: pullRequest.ref.platform,
        acknowledge: () => Effect.void,
        file: () => Effect.succeedNone,
        relation: () => Effect.succeed({ _tag: "Associated" }),
        pullRequest: () => Effect.succeed(pullRequest),
        changedFiles: () =>
          workspace.checkout(requestOf(pullRequest)).pipe(
            Effect.flatMap(({ changedFiles }) => changedFiles),
            Effect.scoped,
            Effect.orDie
          ),
        look: () => Effect.succeed({ pullRequest, discussions, posts: nothingPosted }),
        linkedIssues: () => Effect.succeed([]),
        failedChecks: () => Effect.succeed([]),
        resolveThread: () => Effect.void,
        settle: () => Effect.succeed(false),
        ownPosts: () => Effect.succeed(nothingPosted),
        publish: (draft) =>
          Effect.as(
            Ref.set(posted, Option.some(draft)),
            new PostedReview({
              headSha: draft.headSha,
              inline: draft.comments.length,
              folded: 0,
              alreadyPosted: false
            })
          ),
        reply: () => Effect.succeedNone,
        check: () => Effect.void,
        cloneSource: () => Effect.succeed({ url: "", username: "", password: Redacted.make("") }),
        checkAccess: () => Effect.void,
        headRef: () => "HEAD"
      }))
  )

/** A draft as a review of changes, with its texts as they are shown. */
export const drafted = (draft: ReviewDraft, usage: Option.Option<UsageSummary>) =>
  Effect.map(KnownSecrets, ({ redact }): ReviewedChanges => {
    const { comments, headSha, summary } = shownDraft(makeOutgoingText({ redact, forgeHost: "" }), draft)
    return {
      summary,
      findings: comments.map(({ finding, fingerprint }) => new ReviewedFinding({ ...finding, fingerprint })),
      headSha,
      usage
    }
  })

/** Reason why a job ended without a review; none if it ended with one. */
export const notReviewed = (
  outcome: JobOutcome,
  draft: Option.Option<ReviewDraft>
): Option.Option<NotReviewed> => {
  if (Option.isSome(draft)) return Option.none()
  if ("failure" in outcome) return Option.some(NotReviewed.failed(outcome.failure))
  if (outcome._tag !== "Skipped") {
    return Option.some(new NotReviewed({ reason: "nothing-to-review", message: "it was reviewed before" }))
  }
  if (outcome.reason !== "limit-reached") {
    return Option.some(new NotReviewed({ reason: "nothing-to-review", message: outcome.detail }))
  }
  const message =
    `${outcome.detail}: set a higher one (agent.max_cost_usd, which --max-usd stands for, or limits), or 0`
  return Option.some(new NotReviewed({ reason: "failed", message }))
}

/** Model usage of a review; none where it is not known. */
export const usageOf = (outcome: JobOutcome): Option.Option<UsageSummary> =>
  Option.fromUndefinedOr(outcome._tag === "Reviewed" ? outcome.usage : undefined)

/** Services of a review beside its agent, without a forge and a network. */
const localLayers = (review: LocalReview, posted: Ref.Ref<Option.Option<ReviewDraft>>) =>
  localForge(review, posted).pipe(
    Layer.provideMerge(
      Layer.provide(oneCheckout(review.pullRequest), Configured.localWorkspace(review.repository))
    ),
    Layer.provideMerge(Layer.merge(Configured.conversationsIn.memory, SpendMemory.layer)),
    Layer.provideMerge(Configured.reviewConfig(review.settings))
  )

/** Reviews a pull request without a forge and a network. The model is the `AgentRunner` of the context. */
export const reviewLocally = Effect.fn("ReviewChanges.reviewLocally")(function*(review: LocalReview) {
  const posted = yield* Ref.make(Option.none<ReviewDraft>())
  const outcome = yield* Effect.provide(reviewJob(review.job), localLayers(review, posted))
  const draft = yield* Ref.get(posted)
  const refusal = notReviewed(outcome, draft)
  if (Option.isSome(refusal)) return yield* refusal.value
  return yield* drafted(Option.getOrThrow(draft), usageOf(outcome))
})

/** Answers a question about a pull request without a forge and a network, and returns the answer's text. */
export const answerLocally = Effect.fn("ReviewChanges.answerLocally")(function*(review: LocalReview, question: string) {
  const { discussions = [], job, pullRequest } = review
  const posted = yield* Ref.make(Option.none<ReviewDraft>())
  const { text } = yield* Effect.provide(
    ask(job, question, { discussions, pullRequest }),
    localLayers(review, posted)
  )
  const { redact } = yield* KnownSecrets
  return redact(text)
})

/** Reviews changes whose commits are known. `settings` take the place of the configured ones. */
export const reviewResolved = (
  options: ReviewChangesOptions,
  changes: ResolvedChanges,
  settings: Option.Option<ReviewSettings> = Option.none()
) => {
  const pullRequest = pullRequestOf(changes, options)
  const job = jobOfHead(pullRequest, { prompt: options.instructions ?? "", asked: true })
  return reviewLocally({ job, pullRequest, repository: changes.repository, settings })
}

/**
 * Reviews changes of a repository on this disk: a branch, a commit, what is staged or the whole working directory. It
 * posts nothing and needs no forge. The model is the `AgentRunner` of the context, with the settings of `AppConfig`.
 */
export const reviewChanges = Effect.fn("ReviewChanges.reviewChanges")(function*(options: ReviewChangesOptions) {
  return yield* reviewResolved(options, yield* Effect.provide(resolveChanges(options), Configured.git))
}, Effect.scoped)
