import { JobId } from "@nominal-code/domain/Job"
import { deflateRawSync, inflateRawSync } from "node:zlib"
import type { JobRow } from "./JobTable.ts"

/*
 * The form in which what has ended is kept: some hundred bytes, for there are many of them. It is one text, compressed
 * against a dictionary of what such texts have in common.
 */

/** Compression dictionary. Never edit it: stored jobs can only be read with it. */
const dictionary = Buffer.from(
  `{"_tag":"Skipped","reason":"head-reviewed","detail":"this head was reviewed","headSha":"closed merged draft nothing-to-review
{"_tag":"Reviewed","headSha":"","findings":,"url":"https://gitlab.com//-/merge_requests/#note_https://github.com//pull/#issuecomment-https://github.com//pull/#pullrequestreview-","alreadyPosted":true,"alreadyPosted":false,"usage":{"provider":"openai","model":"gpt-5provider":"google","model":"gemini-2.5-pro","provider":"anthropic","model":"claude-opus-4-5-2025","model":"claude-sonnet-4-5-20250929","usage":{"input":,"output":,"cacheRead":0,"cacheWrite":0},"costUsd":0.0,"calls":}}
pr_opened: pr_reopened: pr_ready_for_review: note: review: review_comment: issue_comment:
pr_push:`
)

/** Fields that are kept of an ended job, beside its id, its position and the instant of its end. */
export type EndedJobFields = Pick<
  JobRow,
  "lane" | "delivery" | "event" | "attempts" | "losses" | "receivedAt" | "supersededBy" | "stoodFor" | "outcome"
>

const filled = (text: string): string | null => text === "" ? null : text

/** Compresses the fields, none of which holds a line break. */
export const encode = (row: EndedJobFields): Uint8Array => {
  const { attempts, delivery, event, lane, losses, outcome, receivedAt, stoodFor, supersededBy } = row
  const fields = [outcome, event, lane, delivery, attempts, losses, receivedAt, supersededBy, stoodFor]
  return deflateRawSync(fields.map((field) => field ?? "").join("\n"), { dictionary, level: 9 })
}

/** Reverses `encode`; throws if the bytes are not its output. */
export const decode = (stored: Uint8Array): EndedJobFields => {
  const fields = inflateRawSync(stored, { dictionary }).toString("utf8").split("\n")
  const [outcome = "", event = "", lane = "", delivery = "", attempts, losses, receivedAt, by = "", stoodFor = ""] =
    fields
  return {
    outcome: filled(outcome),
    event,
    lane,
    delivery,
    attempts: Number(attempts),
    losses: Number(losses),
    receivedAt: Number(receivedAt),
    supersededBy: by === "" ? null : JobId.make(by),
    stoodFor: filled(stoodFor)
  }
}
