import { AppConfig } from "@nominal-code/config/AppConfig"
import type { PullRequestRef } from "@nominal-code/domain/PullRequest"
import { PostedReview, type ReviewDraft } from "@nominal-code/domain/Review"
import { Forge } from "@nominal-code/forge/Forge"
import { Forges } from "@nominal-code/forge/Forges"
import * as SpendMemory from "@nominal-code/persistence/SpendMemory"
import { review } from "@nominal-code/review/Review"
import { Effect, Layer, Option, Ref } from "effect"
import * as Configured from "./Configured.ts"
import { reviewedOf } from "./ReviewChanges.ts"
import { jobOf } from "./RunRequest.ts"

/** A pull request to review for the person who runs the command. */
export interface PullRequestOptions {
  readonly instructions: string
  /** False: the pull request hears nothing of the review. */
  readonly post: boolean
}

type Kept = Ref.Ref<Option.Option<ReviewDraft>>

/** A forge that keeps the review. Of all that a review writes, it lets through at most the review and its check. */
const keeping = (forge: Forge["Service"], kept: Kept, url: Ref.Ref<Option.Option<string>>, post: boolean) =>
  Forge.of({
    ...forge,
    acknowledge: () => Effect.void,
    reply: () => Effect.succeedNone,
    resolveThread: () => Effect.void,
    check: post ? forge.check : () => Effect.void,
    publish: Effect.fnUntraced(function*(draft, known) {
      yield* Ref.set(kept, Option.some(draft))
      const { comments, headSha } = draft
      if (!post) return new PostedReview({ headSha, inline: comments.length, folded: 0, alreadyPosted: false })
      const posted = yield* forge.publish(draft, known)
      yield* Ref.set(url, Option.fromUndefinedOr(posted.url))
      return posted
    })
  })

/** Reviews a pull request as its forge shows it now. The model is the `AgentRunner` of the context. */
export const reviewPullRequest = Effect.fn("ReviewPullRequest.reviewPullRequest")(
  function*({ number, platform, repo }: PullRequestRef, { instructions, post }: PullRequestOptions) {
    const { review: settings } = yield* AppConfig
    const forge = yield* (yield* Forges).of(platform)
    const kept = yield* Ref.make(Option.none<ReviewDraft>())
    const url = yield* Ref.make(Option.none<string>())
    const job = yield* jobOf({ platform, repo, number, prompt: instructions })
    // A dry run drops its review; here it is shown.
    const reviewConfig = Configured.reviewConfig(Option.some({ ...settings, dryRun: false }))
    const stores = Layer.merge(Configured.conversationsIn.memory, SpendMemory.layer)
    const outcome = yield* review(job).pipe(
      Effect.provideService(Forge, keeping(forge, kept, url, post && !settings.dryRun)),
      Effect.provide(Layer.mergeAll(Configured.workspace, stores, reviewConfig))
    )
    return { ...yield* reviewedOf(outcome, yield* Ref.get(kept)), url: yield* Ref.get(url) }
  }
)
