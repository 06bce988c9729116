import { AppConfig } from "@nominal-code/config/AppConfig"
import * as AppConfigLayer from "@nominal-code/config/AppConfigLayer"
import type { Flags } from "@nominal-code/config/Values"
import { Login, type Platform, PullRequest } from "@nominal-code/domain/event/PullRequest"
import { failureText } from "@nominal-code/domain/job/Failure"
import { jobOfHead } from "@nominal-code/domain/job/Job"
import type { Severity } from "@nominal-code/domain/review/Finding"
import { Forge } from "@nominal-code/forge/Forge"
import * as Forges from "@nominal-code/forge/Forges"
import { Clock, Console, Effect, Layer, Option, Schema } from "effect"
import { type CiRun, maybe, NotInCi } from "../ci/CiRun.ts"
import * as CiWorkspace from "../ci/CiWorkspace.ts"
import * as GitHubActions from "../ci/GitHubActions.ts"
import * as GitLabCi from "../ci/GitLabCi.ts"
import { withoutCommands } from "../ci/WorkflowCommands.ts"
import * as Configured from "../Configured.ts"
import * as Logging from "../Logging.ts"
import { checkPrices } from "../Prices.ts"
import { judge } from "../review/FailOn.ts"
import { forgeErrorAdvice } from "../review/FailureAdvice.ts"
import { checkKey } from "../review/ModelKey.ts"
import { observeSteps } from "../review/ObservedSteps.ts"
import * as ReviewProgress from "../review/ReviewProgress.ts"
import { reportOf, type ReviewReport } from "../review/ReviewReport.ts"
import { drafted, type NotReviewed, notReviewed, usageOf } from "../ReviewChanges.ts"
import * as ReviewLayers from "../ReviewLayers.ts"
import { type ForgeReview, reviewOnForge } from "../ReviewPullRequest.ts"

/** Flags of `ci`. */
export interface CiFlags {
  readonly failOn: Option.Option<Severity>
}

const systems = {
  github: {
    name: "GitHub",
    pullRequest: "a pull request",
    run: GitHubActions.run,
    settings: GitHubActions.settings,
    tell: GitHubActions.tell,
    tellNothing: GitHubActions.tellNothing,
    logLine: withoutCommands
  },
  gitlab: {
    name: "GitLab",
    pullRequest: "a merge request",
    run: GitLabCi.run,
    settings: Effect.succeed<Flags>({}),
    tell: GitLabCi.tell,
    tellNothing: GitLabCi.tellNothing,
    logLine: (line: string) => line
  }
} as const

const tokenOf: Readonly<Record<Platform, string>> = {
  github: "set GITHUB_TOKEN to ${{ github.token }}, with the permissions contents: read and pull-requests: write",
  gitlab: "set GITLAB_TOKEN, as a masked variable, to an access token with the scope api; a protected variable is " +
    "missing in pipelines of branches that are not protected"
}

const ensureForge = Effect.fnUntraced(function*(platform: Platform) {
  const { platforms } = yield* Forges.Forges
  if (platforms.includes(platform)) return
  return yield* new NotInCi({ message: `there is no token for ${systems[platform].name}: ${tokenOf[platform]}` })
})

/** A forge whose drafts are ready for review: the pipeline decides for which events it runs. */
const readyForReview = (forge: Forge["Service"]) => {
  const ready = (pullRequest: PullRequest) => new PullRequest({ ...pullRequest, draft: false })
  return Forge.of({
    ...forge,
    look: (...asked) => Effect.map(forge.look(...asked), (view) => ({ ...view, pullRequest: ready(view.pullRequest) })),
    pullRequest: (ref) => Effect.map(forge.pullRequest(ref), ready)
  })
}

const reviewed = Effect.fnUntraced(function*({ directory, pullRequest: ref }: CiRun) {
  const { policy, review } = yield* AppConfig
  const forge = readyForReview(yield* Forge)
  const pullRequest = yield* Effect.mapError(
    forge.pullRequest(ref),
    (error) => new NotInCi({ message: forgeErrorAdvice(error) })
  )
  const prompt = yield* Effect.map(maybe("INPUT_PROMPT"), Option.getOrElse(() => ""))
  const bot = Option.getOrElse(Schema.decodeOption(Login)(policy.botUsername), () => Login.make("ci"))
  const job = jobOfHead(pullRequest, { bot, prompt, receivedAt: yield* Clock.currentTimeMillis })
  return yield* reviewOnForge(review, job, true).pipe(
    Effect.provideService(Forge, forge),
    Effect.provide(CiWorkspace.layer(directory))
  )
})

/** Reason why the review is not on the pull request. */
const notPostedOf = Effect.fnUntraced(
  function*({ isFork, pullRequest: { platform } }: CiRun, { outcome }: ForgeReview) {
    const { review: { dryRun } } = yield* AppConfig
    if (dryRun) return Option.some("This is a dry run.")
    if (!("failure" in outcome)) return Option.none<string>()
    const why = isFork ? `The token of ${systems[platform].pullRequest} from a fork may only read. ` : ""
    return Option.some(`${why}${failureText(outcome.failure)}`)
  }
)

const costOf = ({ usage }: ReviewReport): string =>
  usage === undefined
    ? "not known"
    : [
      usage.costUsd === undefined ? "price not known" : `$${usage.costUsd.toFixed(4)}`,
      `${usage.calls} model ${usage.calls === 1 ? "call" : "calls"}`,
      `${usage.usage.total} tokens`,
      usage.model
    ].join(", ")

/** Ends a run without a review: it succeeds if there was nothing to review. */
const withoutReview = ({ message, reason }: NotReviewed, platform: Platform) =>
  reason === "failed" ? Effect.fail(new NotInCi({ message })) : systems[platform].tellNothing(message)

const inPipeline = Effect.fnUntraced(function*(run: CiRun, { failOn }: CiFlags) {
  const { pullRequest } = run
  const seen = yield* observeSteps(reviewed(run), yield* ReviewProgress.make("quiet"))
  const { draft, outcome, url } = seen
  const refusal = notReviewed(outcome, draft)
  if (Option.isSome(refusal)) return yield* withoutReview(refusal.value, pullRequest.platform)
  const notPosted = yield* notPostedOf(run, seen)
  const review = yield* drafted(Option.getOrThrow(draft), usageOf(outcome))
  const report = reportOf({ ...seen, ...review, url, notPosted })
  yield* systems[pullRequest.platform].tell(report)
  const what = Option.isNone(notPosted) ? "posted" : "not posted"
  yield* Console.log(`CI review ${what} for ${pullRequest} (findings=${report.severities.length})`)
  yield* Console.log(`Cost: ${costOf(report)}`)
  if ("failure" in outcome && !run.isFork) {
    return yield* new NotInCi({ message: `the review could not be posted: ${failureText(outcome.failure)}` })
  }
  if (Option.isSome(failOn)) yield* judge(report, failOn.value)
})

/** True if there is a key. A fork's pull request may have none, which is no fault of the one who opened it. */
const hasKey = Effect.fnUntraced(function*({ isFork, pullRequest: { platform } }: CiRun) {
  const missing = yield* Effect.option(Effect.flip(checkKey(yield* AppConfig)))
  if (Option.isNone(missing)) return true
  if (!isFork) return yield* missing.value
  const { pullRequest, tellNothing } = systems[platform]
  yield* tellNothing(`${pullRequest} from a fork gets none of the secrets, so there is no key for the model`)
  return false
})

/** Reviews the pull request of the pipeline that this process runs in. */
export const ci = Effect.fn("cli.ci")(
  function*(platform: Platform, flags: CiFlags) {
    const system = systems[platform]
    const run = yield* system.run
    const own = Configured.configured(Logging.layerReview(system.logLine)).pipe(
      Layer.provideMerge(AppConfigLayer.layer("review", yield* system.settings))
    )
    yield* Effect.gen(function*() {
      if (!(yield* hasKey(run))) return
      yield* checkPrices(yield* AppConfig)
      yield* ensureForge(platform)
      yield* inPipeline(run, flags).pipe(
        Forges.on(platform),
        Effect.provide(Layer.provide(ReviewLayers.agent, Configured.reviewConfig()))
      )
    }).pipe(Effect.provide(Layer.provideMerge(Configured.forges, own)))
  },
  (effect, platform) =>
    Effect.catchTag(Effect.scoped(effect), "NothingInCi", ({ message }) => systems[platform].tellNothing(message))
)
