import type { PullRequestRef } from "@nominal-code/domain/event/PullRequest"
import { failureText } from "@nominal-code/domain/job/Failure"
import type { Job, JobOutcome } from "@nominal-code/domain/job/Job"
import { PostedReview, type ReviewDraft } from "@nominal-code/domain/review/Review"
import type { ReviewSettings } from "@nominal-code/domain/settings/ReviewSettings"
import { Forge } from "@nominal-code/forge/Forge"
import * as Forges from "@nominal-code/forge/Forges"
import * as SpendMemory from "@nominal-code/persistence/SpendMemory"
import { review } from "@nominal-code/review/Review"
import { Effect, Layer, Option, Ref } from "effect"
import * as Configured from "./Configured.ts"
import { drafted, notReviewed, usageOf } from "./ReviewChanges.ts"
import { jobOf, type RequestSettings } from "./RunRequest.ts"

/** A pull request to review for the person who runs the command. */
export interface PullRequestOptions {
  readonly instructions: string
  /** False: the pull request hears nothing of the review. */
  readonly post: boolean
}

/** Settings of a review of a pull request on its forge. */
export interface PullRequestSettings extends RequestSettings {
  readonly review: ReviewSettings
}

/** Result of a review on a forge. */
export interface ForgeReview {
  readonly outcome: JobOutcome
  /** The review, posted or not; none if there is none. */
  readonly draft: Option.Option<ReviewDraft>
  /** Page of the posted review. */
  readonly url: Option.Option<string>
}

/** A forge that keeps the review. What a review writes beside it is written only where the review is posted. */
const keeping = (forge: Forge["Service"], kept: Ref.Ref<Option.Option<ReviewDraft>>, post: boolean) =>
  Forge.of({
    ...forge,
    acknowledge: () => Effect.void,
    reply: () => Effect.succeedNone,
    resolveThread: (thread) => post ? forge.resolveThread(thread) : Effect.void,
    settle: (...reply) => post ? forge.settle(...reply) : Effect.succeed(false),
    check: post ? forge.check : () => Effect.void,
    publish: Effect.fnUntraced(function*(draft, known) {
      yield* Ref.set(kept, Option.some(draft))
      const { comments, headSha } = draft
      return post
        ? yield* forge.publish(draft, known)
        : new PostedReview({ headSha, inline: comments.length, folded: 0, alreadyPosted: false })
    })
  })

/** Reviews a job's pull request on its forge, and posts the review there if `post` says so. */
export const reviewOnForge = Effect.fn("ReviewPullRequest.reviewOnForge")(
  function*(settings: ReviewSettings, job: Job, post: boolean) {
    const forge = yield* Forge
    const kept = yield* Ref.make(Option.none<ReviewDraft>())
    // A dry run drops its review; here it is shown.
    const reviewConfig = Configured.reviewConfig(Option.some({ ...settings, dryRun: false }))
    const outcome = yield* review(job).pipe(
      Effect.provideService(Forge, keeping(forge, kept, post && !settings.dryRun)),
      Effect.provide(Layer.mergeAll(Configured.conversationsIn.memory, SpendMemory.layer, reviewConfig))
    )
    const url = outcome._tag === "Reviewed" ? Option.fromUndefinedOr(outcome.url) : Option.none<string>()
    const result: ForgeReview = { outcome, draft: yield* Ref.get(kept), url }
    return result
  }
)

/** Reviews a pull request as its forge shows it now. The model is the `AgentRunner` of the context. */
export const reviewPullRequest = Effect.fn("ReviewPullRequest.reviewPullRequest")(
  function*(settings: PullRequestSettings, ref: PullRequestRef, { instructions, post }: PullRequestOptions) {
    const { number, platform, repo } = ref
    const job = yield* jobOf(settings, { platform, repo, number, prompt: instructions })
    const { draft, outcome, url } = yield* reviewOnForge(settings.review, job, post).pipe(
      Forges.on(platform),
      Effect.provide(Configured.workspace)
    )
    const refusal = notReviewed(outcome, draft)
    if (Option.isSome(refusal)) return yield* refusal.value
    const notPosted = "failure" in outcome ? Option.some(failureText(outcome.failure)) : Option.none<string>()
    return { ...yield* drafted(Option.getOrThrow(draft), usageOf(outcome)), url, notPosted }
  }
)
