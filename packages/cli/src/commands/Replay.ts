import * as ApiAgent from "@nominal-code/agent/ApiAgent"
import * as RecordedCalls from "@nominal-code/agent/RecordedCalls"
import { AppConfig } from "@nominal-code/config/AppConfig"
import * as AppConfigLayer from "@nominal-code/config/AppConfigLayer"
import type { Flags } from "@nominal-code/config/Values"
import { commandOf } from "@nominal-code/domain/command/CommandParser"
import { ClaimFate, type TranscriptEvent } from "@nominal-code/domain/model/Transcript"
import { mirrorOf } from "@nominal-code/workspace/Mirrors"
import * as TemporaryDirectory from "@nominal-code/workspace/TemporaryDirectory"
import { Console, Effect, FileSystem, Layer, Option, Path } from "effect"
import * as Configured from "../Configured.ts"
import * as Logging from "../Logging.ts"
import { checkKey } from "../review/ModelKey.ts"
import { observeSteps } from "../review/ObservedSteps.ts"
import * as ReviewProgress from "../review/ReviewProgress.ts"
import * as Report from "../review/ReviewReport.ts"
import { printable } from "../review/TerminalText.ts"
import { answerLocally, type LocalReview, reviewLocally } from "../ReviewChanges.ts"
import * as ReviewLayers from "../ReviewLayers.ts"
import * as Recording from "../transcripts/Recording.ts"

/** Flags of `replay`. */
export interface ReplayFlags {
  readonly job: string
  readonly model: Option.Option<string>
  readonly provider: Option.Option<string>
  readonly json: boolean
  /** A clone that has the commits. */
  readonly repository: Option.Option<string>
}

type BeganEvent = Extract<TranscriptEvent, { readonly _tag: "Began" }>

/** A directory whose `.git` is the mirror that the review was made from. */
const mirrorIn = Effect.fnUntraced(function*({ pullRequest: { ref: { repo } }, url }: BeganEvent) {
  const fs = yield* FileSystem.FileSystem
  const path = yield* Path.Path
  const { workspace } = yield* AppConfig
  const mirror = yield* mirrorOf(workspace, { repo, url })
  if (!(yield* fs.exists(mirror))) {
    return yield* new Recording.NoTranscript({
      message: `the mirror of ${repo} is not in workspace.base_dir (${mirror}): name a clone that has the commits ` +
        "with --repository"
    })
  }
  const directory = yield* TemporaryDirectory.make("nominal-replay-")
  yield* fs.symlink(mirror, path.join(directory, ".git"))
  return directory
})

/** Settings of the recorded review, with the agents of the configuration where a model is asked anew. */
const settingsOf = Effect.fnUntraced(function*({ settings }: BeganEvent, { model }: ReplayFlags) {
  if (Option.isNone(model)) return settings
  const { answerer: _answerer, explorers: _explorers, verifier: _verifier, ...recorded } = settings
  const { review: { answerer, explorer, explorers, reviewer, verifier } } = yield* AppConfig
  return {
    ...recorded,
    reviewer,
    explorer,
    ...(explorers === undefined ? {} : { explorers }),
    ...(verifier === undefined ? {} : { verifier }),
    ...(answerer === undefined ? {} : { answerer })
  }
})

const fatesText = (claims: ReadonlyArray<{ readonly fate: ClaimFate }>): string => {
  const counts = ClaimFate.literals.map((fate) => [fate, claims.filter((claim) => claim.fate === fate).length] as const)
  const told = counts.filter(([, count]) => count > 0).map(([fate, count]) => `${count} ${fate}`)
  return `Recorded: ${claims.length} claims${told.length === 0 ? "" : `: ${told.join(", ")}`}`
}

const replayed = Effect.fnUntraced(function*(flags: ReplayFlags) {
  const { answers, began, claims } = yield* Recording.read(yield* AppConfig, flags.job)
  if (Option.isSome(flags.model)) yield* checkKey(yield* AppConfig)
  const agent = Option.isSome(flags.model)
    ? ReviewLayers.agent
    : Layer.provide(ApiAgent.layer, RecordedCalls.layerReplay(answers))
  const { discussions, job, pullRequest } = began
  const progress = yield* ReviewProgress.make("quiet")
  const recorded: LocalReview = {
    job,
    pullRequest,
    discussions,
    repository: Option.isSome(flags.repository) ? flags.repository.value : yield* mirrorIn(began),
    settings: Option.some(yield* settingsOf(began, flags))
  }
  const command = commandOf(job)
  if (command._tag === "Ask") {
    const answer = yield* Effect.provide(answerLocally(recorded, command.text), agent)
    return yield* Console.log(flags.json ? Report.printableJson({ answer }) : printable(answer))
  }
  const report = Report.reportOf(yield* Effect.provide(observeSteps(reviewLocally(recorded), progress), agent))
  yield* Console.error(fatesText(claims))
  yield* Console.log(flags.json ? Report.reviewJson(report) : Report.reviewMarkdown(report))
}, Effect.scoped)

/** Runs a recorded review, or a recorded answer to a question, again without forge and network: with the recorded answers, or with a model's new ones. */
export const replay = Effect.fn("cli.replay")(function*(flags: ReplayFlags) {
  const given: Flags = {
    ...Option.match(flags.model, { onNone: () => ({}), onSome: (model) => ({ "agent.model": model }) }),
    ...Option.match(flags.provider, { onNone: () => ({}), onSome: (provider) => ({ "agent.provider": provider }) })
  }
  return yield* Effect.provide(
    replayed(flags),
    Layer.provideMerge(Configured.configured(Logging.layerReview(printable)), AppConfigLayer.layer("review", given))
  )
})
