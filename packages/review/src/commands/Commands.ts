import { type Command, commandHelp, usesModel } from "@nominal-code/domain/command/Command"
import { type Job, JobOutcome } from "@nominal-code/domain/job/Job"
import { ensureWanted } from "@nominal-code/domain/job/RunStillWanted"
import type { ReviewMode } from "@nominal-code/domain/review/Marker"
import type { ReviewSettings } from "@nominal-code/domain/settings/ReviewSettings"
import { type AnswerFacts, Forge, type OwnPosts } from "@nominal-code/forge/Forge"
import { Effect, Option } from "effect"
import { byHand, dismissFinding, resolveThreadOf } from "../ledger/Dismissal.ts"
import { findingOf } from "../ledger/FindingOfThread.ts"
import { isOurs, threadIdOf } from "../ledger/Thread.ts"
import { ReviewConfig } from "../ReviewConfig.ts"
import { toOutcome } from "../RunOutcome.ts"
import { configAnswer } from "./ConfigAnswer.ts"

/** A command that needs neither a model nor a checkout. */
export type PlainCommand = Exclude<Command, { readonly _tag: "Review" | "Ask" }>

export const isPlainCommand = (command: Command): command is PlainCommand => !usesModel(command._tag)

/** Answer to a command, and the facts that its marker records. */
interface CommandAnswer {
  readonly text: string
  readonly facts?: AnswerFacts
}

/** Table of the commands, in Markdown. */
export const helpTable: string = [
  "| command | effect |",
  "|---|---|",
  ...commandHelp.map(({ effect, usage }) => `| \`${usage}\` | ${effect} |`)
].join("\n")

const modes: Readonly<Record<ReviewMode, string>> = {
  active:
    "Automatic reviews of this pull request are on. Mention me with `review` to have the newest commit reviewed now.",
  paused: "Automatic reviews of this pull request are paused. Mention me with `review` for a single one, and with " +
    "`resume` to have them again.",
  ignored: "I review nothing on this pull request any more. Mention me with `resume` to have reviews again."
}

const resumedWithoutTriggers =
  "This pull request is reviewed again when somebody asks: mention me with `review`. No event starts a review here."

const setMode = (mode: ReviewMode): CommandAnswer => ({ text: modes[mode], facts: { mode } })

const answers: Readonly<
  Record<
    Exclude<PlainCommand["_tag"], "Config" | "Dismiss" | "Resolve">,
    (settings: ReviewSettings) => CommandAnswer
  >
> = {
  Help: () => ({ text: `Mention me, followed by a command:\n\n${helpTable}` }),
  // The queue has stopped it when it took the command.
  Cancel: () => ({ text: "No review of this pull request runs any more. Mention me with `review` to start one." }),
  Pause: () => setMode("paused"),
  Ignore: () => setMode("ignored"),
  Resume: ({ triggers }) => {
    const answer = setMode("active")
    return triggers?.length === 0 ? { ...answer, text: resumedWithoutTriggers } : answer
  }
}

/** Dismisses the finding in whose thread the command stands. */
const dismiss = Effect.fnUntraced(function*(job: Job, known: OwnPosts) {
  const { settings } = yield* ReviewConfig
  const forge = yield* Forge
  const { discussions } = yield* forge.look(job.event.pullRequest, job.id)
  const finding = findingOf(job.event, discussions, isOurs(job, settings))
  yield* ensureWanted
  if (Option.isSome(finding)) {
    const text = "Dismissed: I will not raise this finding again."
    return yield* dismissFinding(job, known, { finding: finding.value, text })
  }
  const text = "There is no finding of mine in this thread. Write `dismiss` in reply to the finding that you mean."
  yield* forge.reply(job.event, job.id, text, known)
})

/** Resolves the thread in which the command stands. */
const resolve = Effect.fnUntraced(function*(job: Job, known: OwnPosts) {
  yield* ensureWanted
  const text = threadIdOf(job.event) === undefined
    ? "There is no thread to resolve here. Write `resolve` in the thread that you mean."
    : (yield* resolveThreadOf(job))
    ? "Resolved."
    : byHand
  yield* (yield* Forge).reply(job.event, job.id, text, known)
})

/** Answers a command, and does what it asks for. */
const carryOut = Effect.fnUntraced(function*(job: Job, command: PlainCommand, known: OwnPosts) {
  if (command._tag === "Dismiss") return yield* dismiss(job, known)
  if (command._tag === "Resolve") return yield* resolve(job, known)
  const { settings } = yield* ReviewConfig
  const { facts, text }: CommandAnswer = command._tag === "Config"
    ? { text: yield* configAnswer(job.event.pullRequest, known.mode) }
    : answers[command._tag](settings)
  yield* ensureWanted
  yield* (yield* Forge).reply(job.event, job.id, text, known, facts)
})

/** Follows a command once for its job, and answers it where it was given. */
export const followCommand = Effect.fn("Commands.followCommand")(
  function*(job: Job, command: PlainCommand) {
    const { settings } = yield* ReviewConfig
    const forge = yield* Forge
    yield* ensureWanted
    const known = yield* forge.ownPosts(job.event.pullRequest, job.id)
    if (Option.isNone(known.answer) && !settings.dryRun) yield* carryOut(job, command, known)
    return JobOutcome.cases.Answered.make({ command: command._tag.toLowerCase() })
  },
  (effect, { event }) => toOutcome(event)(effect)
)
