import { Context, Effect, Option, Schema } from "effect"
import { createHash } from "node:crypto"
import { PullRequest } from "../event/PullRequest.ts"
import { Job } from "../job/Job.ts"
import { Discussion } from "../review/Review.ts"
import { ReviewSettings } from "../settings/ReviewSettings.ts"
import { Block } from "./Conversation.ts"
import { Usage } from "./Usage.ts"

/** Digest of a part of a request: 16 hex digits. */
export const digest = (value: unknown): string =>
  createHash("sha256").update(JSON.stringify(value)).digest("hex").slice(0, 16)

/** Fate of a claim: where it ended on its way to the pull request. */
export const ClaimFate = Schema.Literals(["posted", "cut", "refuted", "not-posted", "unproven-or-merged"])
export type ClaimFate = typeof ClaimFate.Type

/** One event of a review or of an answer, in the order in which they happen. */
export const TranscriptEvent = Schema.TaggedUnion({
  /** The work begins, with all that it knows of the pull request. */
  Began: {
    job: Job,
    settings: ReviewSettings,
    pullRequest: PullRequest,
    discussions: Schema.Array(Discussion),
    /** Clone URL of the repository, without credentials. */
    url: Schema.String
  },
  /** A model call was answered. `results`: the results of the tool calls of the answer before. */
  Answered: {
    provider: Schema.String,
    model: Schema.String,
    /** Digests of the whole request, and of its system prompt. */
    request: Schema.String,
    system: Schema.String,
    results: Schema.Array(Block),
    content: Schema.Array(Block),
    stop: Schema.Literals(["end", "tool-use", "length", "refusal"]),
    usage: Usage,
    /** The explorer that asked, by its kind and number; absent: another agent. */
    agent: Schema.optionalKey(Schema.String)
  },
  /** A finder has claimed something. */
  Claimed: { path: Schema.String, line: Schema.Int, claim: Schema.String, fate: ClaimFate }
})
export type TranscriptEvent = typeof TranscriptEvent.Type

/** Listener to the events of a review; by default nobody listens. */
export const Transcript = Context.Reference<(event: TranscriptEvent) => Effect.Effect<void>>(
  "@nominal-code/domain/Transcript",
  { defaultValue: () => () => Effect.void }
)

/** Name of the explorer whose calls are recorded; none: another agent's. */
export const TranscriptAgent = Context.Reference<Option.Option<string>>("@nominal-code/domain/TranscriptAgent", {
  defaultValue: Option.none
})
