import { Schema } from "effect"

/** Request of a person to the bot, as the text beside a mention is understood. */
export const Command = Schema.TaggedUnion({
  /** `focus`: what to look at; empty for the pull request as a whole. `full`: without what earlier reviews have read. */
  Review: { full: Schema.Boolean, focus: Schema.String },
  /** A question about the change, or a reply to a finding. */
  Ask: { text: Schema.String },
  Pause: {},
  Resume: {},
  Ignore: {},
  Cancel: {},
  /** `reason` may be empty. */
  Dismiss: { reason: Schema.String },
  Resolve: {},
  Config: {},
  Help: {}
})
export type Command = typeof Command.Type

/** True if the command of this name asks a model. The others need the forge alone. */
export const usesModel = (tag: Command["_tag"]): boolean => tag === "Review" || tag === "Ask"

/** One line of the help: how a command is written, and its effect. */
export interface CommandHelp {
  readonly usage: string
  readonly effect: string
}

/** The commands, for the help on a pull request and for the manual. */
export const commandHelp: ReadonlyArray<CommandHelp> = [
  {
    usage: "review",
    effect: "Reviews the newest commit. Name something to have only that looked at: `review the locking`."
  },
  { usage: "review full", effect: "Reviews the newest commit afresh, without the notes of earlier reviews." },
  { usage: "ask …", effect: "Answers a question where it was asked. Any question will do, also without `ask`." },
  { usage: "pause", effect: "Stops the automatic reviews of this pull request. `review` still reviews it once." },
  { usage: "ignore", effect: "Stops all reviews of this pull request, also those that are asked for." },
  { usage: "resume", effect: "Ends `pause` and `ignore`." },
  { usage: "cancel", effect: "Stops the reviews and answers that are running or waiting." },
  {
    usage: "dismiss <reason>",
    effect: "In a finding's thread: the finding is not raised again, and the thread is resolved."
  },
  { usage: "resolve", effect: "In a thread: resolves it." },
  { usage: "config", effect: "Shows the settings that apply to this pull request, and where they come from." },
  { usage: "help", effect: "Shows this list." }
]
