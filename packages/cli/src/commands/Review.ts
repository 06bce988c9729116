import { AppConfig } from "@nominal-code/config/AppConfig"
import * as AppConfigLayer from "@nominal-code/config/AppConfigLayer"
import type { Flags } from "@nominal-code/config/Values"
import type { Severity } from "@nominal-code/domain/review/Finding"
import { hasDifference, type LocalChanges, resolveChanges } from "@nominal-code/workspace/LocalChanges"
import { Config, Console, Effect, Layer, Option, Schema } from "effect"
import process from "node:process"
import * as Configured from "../Configured.ts"
import * as Logging from "../Logging.ts"
import { checkPrices } from "../Prices.ts"
import { type ApplyChoice, applySuggestions } from "../review/ApplySuggestions.ts"
import { judge } from "../review/FailOn.ts"
import { checkKey } from "../review/ModelKey.ts"
import { observeSteps } from "../review/ObservedSteps.ts"
import { isPullRequest, pullRequestNamed } from "../review/PullRequestTarget.ts"
import * as ReviewProgress from "../review/ReviewProgress.ts"
import * as Report from "../review/ReviewReport.ts"
import type { ReviewOfForge } from "../review/ReviewReport.ts"
import { repositoryAt, type TargetFlags, targetOf, WrongUsage } from "../review/ReviewTarget.ts"
import { paint, reviewText } from "../review/ReviewText.ts"
import { nothingSarif, reviewSarif } from "../review/Sarif.ts"
import { widthOf } from "../review/TerminalText.ts"
import { NotReviewed, reviewResolved } from "../ReviewChanges.ts"
import * as ReviewLayers from "../ReviewLayers.ts"
import { reviewPullRequest } from "../ReviewPullRequest.ts"
import { InterruptedCode } from "../Signals.ts"

/** Flags of `review`. */
export interface ReviewFlags extends Pick<TargetFlags, "base" | "staged"> {
  /** A pull request, a range of commits, or `-`. */
  readonly target: Option.Option<string>
  readonly prompt: Option.Option<string>
  readonly model: Option.Option<string>
  readonly provider: Option.Option<string>
  readonly post: boolean
  readonly apply: Option.Option<ApplyChoice>
  readonly failOn: Option.Option<Severity>
  readonly maxUsd: Option.Option<number>
  readonly json: boolean
  readonly markdown: boolean
  readonly sarif: boolean
  readonly quiet: boolean
}

/** A review that was printed, and could not be posted. */
class NotPosted extends Schema.TaggedError<NotPosted>()("NotPosted", { message: Schema.String }) {}

const settingsOf = ({ maxUsd, model, provider }: ReviewFlags): Flags => ({
  ...Option.match(model, { onNone: () => ({}), onSome: (model) => ({ "agent.model": model }) }),
  ...Option.match(provider, { onNone: () => ({}), onSome: (provider) => ({ "agent.provider": provider }) }),
  ...Option.match(maxUsd, { onNone: () => ({}), onSome: (dollars) => ({ "agent.max_cost_usd": dollars }) })
})

const pullRequestIn = ({ target }: ReviewFlags): Option.Option<string> => Option.filter(target, isPullRequest)

/** Reason why the flags do not go together; none if they do. */
const misuse = (flags: ReviewFlags): string | undefined => {
  const { apply, base, json, markdown, post, sarif, staged, target } = flags
  const isPull = Option.isSome(pullRequestIn(flags))
  if ([json, markdown, sarif].filter(Boolean).length > 1) return "choose one of --json, --markdown and --sarif"
  if (isPull && (staged || Option.isSome(base))) return "a pull request has its own base: leave out --staged and --base"
  if (post && !isPull) return "--post needs a pull request: nominal-code review owner/name#7 --post"
  if (Option.contains(apply, "ask")) {
    if (Option.contains(target, "all")) return "to apply all suggestions: --apply=all"
    if (!process.stdin.isTTY || !process.stderr.isTTY) return "--apply asks on a terminal: elsewhere, give --apply=all"
  }
  return undefined
}

/** Reason why there are no changes to review. */
const whyEmpty = ({ head }: LocalChanges): string =>
  head === "staged" ? "nothing is staged" : head === "worktree" ? "everything is committed" : "the diff is empty"

/** The index that git names for a hook, such as that of `git commit -a`. */
const hookIndex = Effect.option(Config.NonEmptyString("GIT_INDEX_FILE"))

const local = Effect.fnUntraced(function*({ base, prompt, staged, target }: ReviewFlags) {
  const found = yield* Effect.provide(targetOf({ base, staged, range: target }, process.cwd()), Configured.git)
  const index = yield* hookIndex
  const changes: LocalChanges = Option.isSome(index) ? { ...found, indexFile: index.value } : found
  const resolved = yield* Effect.provide(resolveChanges(changes), Configured.git)
  // That nothing has changed is said without a key.
  if (!(yield* Effect.provide(hasDifference(resolved), Configured.git))) {
    return yield* new NotReviewed({ reason: "nothing-to-review", message: whyEmpty(changes) })
  }
  yield* checkKey(yield* AppConfig)
  yield* checkPrices(yield* AppConfig)
  const instructions = Option.match(prompt, { onNone: () => ({}), onSome: (instructions) => ({ instructions }) })
  return yield* reviewResolved({ ...changes, ...instructions }, resolved)
})

const ofPullRequest = Effect.fnUntraced(function*(text: string, { post, prompt }: ReviewFlags) {
  const config = yield* AppConfig
  const pullRequest = yield* pullRequestNamed(config, text)
  yield* checkKey(config)
  yield* checkPrices(config)
  const instructions = Option.getOrElse(prompt, () => "")
  return yield* Effect.provide(reviewPullRequest(config, pullRequest, { instructions, post }), Configured.forges)
})

const reviewed = Effect.fnUntraced(function*(flags: ReviewFlags) {
  const named = pullRequestIn(flags)
  const outcome: ReviewOfForge = Option.isSome(named) ? yield* ofPullRequest(named.value, flags) : yield* local(flags)
  return outcome
})

const review = (flags: ReviewFlags, progress: ReviewProgress.ReviewProgress) =>
  observeSteps(reviewed(flags), progress).pipe(
    Effect.map(Report.reportOf),
    Effect.provide(Layer.provide(ReviewLayers.agent, Configured.reviewConfig()))
  )

const formatted = (report: Report.ReviewReport, { json, markdown, sarif }: ReviewFlags): string => {
  if (json) return Report.reviewJson(report)
  if (sarif) return reviewSarif(report)
  if (markdown) return Report.reviewMarkdown(report)
  return reviewText(report, {
    width: widthOf(process.stdout),
    // `NO_COLOR` and what the terminal can do are known to the stream.
    paint: process.stdout.isTTY && process.stdout.hasColors() ? paint : (_, text) => text
  })
}

const progressForm = Effect.fnUntraced(function*({ quiet }: ReviewFlags) {
  const terminal = yield* Effect.orElseSucceed(Config.String("TERM"), () => "dumb")
  const form: ReviewProgress.ProgressForm = quiet
    ? "quiet"
    : process.stderr.isTTY && terminal !== "dumb"
    ? "live"
    : "plain"
  return form
})

/** Prints a review, applies suggestions of it, and judges its findings. */
const deliver = Effect.fnUntraced(function*(report: Report.ReviewReport, flags: ReviewFlags) {
  yield* Console.log(formatted(report, flags))
  if (report.url !== undefined) yield* Console.error(`Posted: ${report.url}`)
  if (Option.isSome(flags.apply)) {
    yield* applySuggestions(report, yield* repositoryAt(process.cwd()), flags.apply.value)
  }
  if (report.notPosted !== undefined) {
    return yield* new NotPosted({ message: `the review could not be posted: ${report.notPosted}` })
  }
  if (Option.isSome(flags.failOn)) yield* judge(report, flags.failOn.value)
})

/** Reviews a pull request, or changes of the repository around the working directory, and prints the review. */
export const reviewHere = Effect.fn("cli.review")(
  function*(flags: ReviewFlags) {
    const wrong = misuse(flags)
    if (wrong !== undefined) return yield* new WrongUsage({ message: wrong })
    const progress = yield* ReviewProgress.make(yield* progressForm(flags))
    const own = Configured.configured(Logging.layerReview(progress.logLine)).pipe(
      Layer.provideMerge(AppConfigLayer.layer("review", settingsOf(flags)))
    )
    return yield* review(flags, progress).pipe(Effect.provide(own))
  },
  Effect.scoped,
  (effect, flags) =>
    effect.pipe(
      Effect.flatMap((report) => deliver(report, flags)),
      Effect.catchIf(
        (error) => error._tag === "NotReviewed" && error.reason === "nothing-to-review",
        ({ message }) => Console.log(nothing(message, flags))
      ),
      Effect.onInterrupt(() =>
        Effect.map(InterruptedCode, (code) => {
          process.exitCode = code()
        })
      )
    )
)

/** Hint at other changes that may be meant. */
const instead = (flags: ReviewFlags): string => {
  if (Option.isSome(pullRequestIn(flags)) || Option.contains(flags.target, "-")) return ""
  if (flags.staged) return " To review what is not staged, too: leave out --staged"
  const isUncommitted = Option.isNone(flags.base) && Option.isNone(flags.target)
  return ` To review ${
    isUncommitted
      ? "this branch: --base and the one that it left, like main"
      : "what is not committed: leave out --base and the range"
  }`
}

/** Text for changes that need no review. */
const nothing = (why: string, flags: ReviewFlags): string => {
  if (flags.json) return JSON.stringify({ summary: "", findings: [], nothingToReview: why }, null, 2)
  return flags.sarif ? nothingSarif(why) : `Nothing to review: ${why}.${instead(flags)}`
}
