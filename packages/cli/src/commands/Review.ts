import { AppConfig } from "@nominal-code/config/AppConfig"
import * as AppConfigLayer from "@nominal-code/config/AppConfigLayer"
import { installClaudeCode } from "@nominal-code/config/RunnerConfig"
import { isProvider, providers as settings } from "@nominal-code/config/settings/Providers"
import type { Flags } from "@nominal-code/config/Values"
import type { Severity } from "@nominal-code/domain/Finding"
import { claudeCode, type ProviderName } from "@nominal-code/domain/ReviewSettings"
import { ReviewSteps } from "@nominal-code/review/ReviewSteps"
import { Config, Console, Effect, Layer, Option, Ref, Runtime, Schema } from "effect"
import process from "node:process"
import * as Configured from "../Configured.ts"
import * as Logging from "../Logging.ts"
import { checkPrices } from "../Prices.ts"
import * as ReviewProgress from "../review/ReviewProgress.ts"
import * as Report from "../review/ReviewReport.ts"
import { type TargetFlags, targetOf, WrongUsage } from "../review/ReviewTarget.ts"
import { paint, reviewText } from "../review/ReviewText.ts"
import { nothingSarif, reviewSarif } from "../review/Sarif.ts"
import { widthOf } from "../review/TerminalText.ts"
import { reviewChanges } from "../ReviewChanges.ts"
import * as ReviewLayers from "../ReviewLayers.ts"

/** Everything that the command line says about a review of local changes. */
export interface ReviewFlags extends TargetFlags {
  readonly prompt: Option.Option<string>
  readonly model: Option.Option<string>
  readonly provider: Option.Option<string>
  readonly failOn: Option.Option<Severity>
  readonly maxUsd: Option.Option<number>
  readonly json: boolean
  readonly markdown: boolean
  readonly sarif: boolean
  readonly quiet: boolean
}

/** Findings as bad as `--fail-on` says, or worse. The process ends with 3. */
class FindingsFound extends Schema.TaggedError<FindingsFound>()("FindingsFound", { message: Schema.String }) {
  override readonly [Runtime.errorExitCode] = 3
}

/** There is no key for the model. */
class NoModelKey extends Schema.TaggedError<NoModelKey>()("NoModelKey", { message: Schema.String }) {}

const checkKey = Effect.gen(function*() {
  const { providers, review: { reviewer: { provider } } } = yield* AppConfig
  if (provider === claudeCode || providers.some(({ name }) => name === provider)) return
  const keyOf = (name: ProviderName) => settings[name].apiKey.env[0]
  const others = (["anthropic", "openai", "google"] as const).filter((name) => name !== provider)
    .map((name) => `--provider ${name} with ${keyOf(name)}`)
  return yield* new NoModelKey({
    message: `there is no key for the model: set ${isProvider(provider) ? keyOf(provider) : "its key"}, ` +
      (provider === "anthropic" ? `or ${installClaudeCode}, ` : "") +
      `or choose another provider: ${others.join(", or ")}`
  })
})

const settingsOf = ({ maxUsd, model, provider }: ReviewFlags): Flags => ({
  ...Option.match(model, { onNone: () => ({}), onSome: (model) => ({ "agent.model": model }) }),
  ...Option.match(provider, { onNone: () => ({}), onSome: (provider) => ({ "agent.provider": provider }) }),
  ...Option.match(maxUsd, { onNone: () => ({}), onSome: (dollars) => ({ "agent.max_cost_usd": dollars }) })
})

/** Part of a report that the steps of the review bring to light. */
type Seen = Pick<Report.ReviewReport, "severities" | "files">

/** The usual steps of a review, which tell where it is and keep what the report shows. */
const observed = (steps: ReviewSteps, progress: ReviewProgress.ReviewProgress, seen: Ref.Ref<Seen>): ReviewSteps => ({
  gather: (...input) => Effect.andThen(progress.step("Reading the changes"), steps.gather(...input)),
  ask: (...input) => Effect.andThen(progress.step("Reviewing"), steps.ask(...input)),
  recover: (...input) =>
    Effect.tap(steps.recover(...input), ({ answer }) =>
      Ref.update(seen, (before) => ({
        ...before,
        severities: Option.match(answer, {
          onNone: () => [],
          onSome: ({ findings, unplaced }) => [...findings, ...unplaced].map(({ severity }) => severity)
        })
      }))),
  place: (findings, context) =>
    steps.place(findings, context).pipe(
      Effect.tap(({ inline }) =>
        Effect.forEach(inline, ({ finding: { path, side } }) =>
          context.checkout.lines(side, path).pipe(
            Effect.option,
            Effect.flatMap((lines) =>
              Ref.update(seen, ({ files, severities }) => ({
                severities,
                files: new Map([...files, [`${side} ${path}`, Option.getOrElse(Option.flatten(lines), () => [])]])
              }))
            )
          ), { concurrency: 1, discard: true })
      )
    )
})

const review = Effect.fnUntraced(function*(flags: ReviewFlags, progress: ReviewProgress.ReviewProgress) {
  const target = yield* Effect.provide(targetOf(flags, process.cwd()), Configured.git)
  yield* checkKey
  yield* checkPrices
  const seen = yield* Ref.make<Seen>({ severities: [], files: new Map() })
  const steps = yield* ReviewSteps
  const reviewed = yield* reviewChanges({
    ...target,
    ...Option.match(flags.prompt, { onNone: () => ({}), onSome: (instructions) => ({ instructions }) })
  }).pipe(
    Effect.provideService(ReviewSteps, observed(steps, progress, seen)),
    progress.listen,
    Effect.provide(Layer.provide(ReviewLayers.agent, Configured.reviewConfig()))
  )
  yield* progress.finish
  const report: Report.ReviewReport = {
    ...reviewed,
    ...yield* Ref.get(seen),
    summary: Report.withoutMarkers(reviewed.summary),
    findings: Report.worstFirst(reviewed.findings.map(Report.withoutHead)),
    usage: Option.getOrUndefined(reviewed.usage)
  }
  return report
})

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

const judge = Effect.fnUntraced(function*({ severities }: Report.ReviewReport, least: Severity) {
  const count = Report.countAtLeast(severities, least)
  if (count === 0) return
  const what = count === 1 ? "1 finding is" : `${count} findings are`
  return yield* new FindingsFound({ message: `${what} ${least === "critical" ? least : `${least} or worse`}` })
})

/** Exit code of a review that a signal ends. */
const interruptedExit = 130

const progressForm = Effect.fnUntraced(function*({ quiet }: ReviewFlags) {
  const terminal = yield* Effect.orElseSucceed(Config.String("TERM"), () => "dumb")
  const form: ReviewProgress.ProgressForm = quiet
    ? "quiet"
    : process.stderr.isTTY && terminal !== "dumb"
    ? "live"
    : "plain"
  return form
})

/** Reviews changes of the repository around the working directory, and prints the review. It posts nothing. */
export const reviewLocal = Effect.fn("cli.review")(
  function*(flags: ReviewFlags) {
    if ([flags.json, flags.markdown, flags.sarif].filter(Boolean).length > 1) {
      return yield* new WrongUsage({ message: "choose one of --json, --markdown and --sarif" })
    }
    const progress = yield* ReviewProgress.make(yield* progressForm(flags))
    const own = Logging.layerReview(progress.logLine).pipe(
      Layer.provideMerge(AppConfigLayer.layer("review", settingsOf(flags)))
    )
    return yield* review(flags, progress).pipe(Effect.provide(own))
  },
  Effect.scoped,
  (effect, flags) =>
    effect.pipe(
      Effect.flatMap((report) =>
        Effect.andThen(
          Console.log(formatted(report, flags)),
          Option.match(flags.failOn, { onNone: () => Effect.void, onSome: (least) => judge(report, least) })
        )
      ),
      Effect.catchIf(
        (error) => error._tag === "NotReviewed" && error.reason === "nothing-to-review",
        ({ message }) => Console.log(nothing(message, flags))
      ),
      Effect.onInterrupt(() =>
        Effect.sync(() => {
          process.exitCode = interruptedExit
        })
      )
    )
)

/** Text for changes that need no review. */
const nothing = (why: string, { base, json, range, sarif }: ReviewFlags): string => {
  if (json) return JSON.stringify({ summary: "", findings: [], nothingToReview: why }, null, 2)
  if (sarif) return nothingSarif(why)
  const isUncommitted = Option.isNone(base) && Option.isNone(range)
  const instead = isUncommitted ? "this branch: --base main" : "what is not committed: leave out --base and the range"
  return `Nothing to review: ${why}. To review ${instead}`
}
