import { fit } from "@nominal-code/forge/Markdown"
import { Option } from "effect"
import { parseJson } from "./Json.ts"

const advice = "Mention me again to start a new review. If this keeps happening, please contact an administrator."

const quotedSummary = /"summary"\s*:\s*("(?:[^"\\]|\\[^])*")/

/** Finds the summary in a broken answer. */
const summaryIn = (raw: string): Option.Option<string> =>
  Option.fromNullishOr(quotedSummary.exec(raw)?.[1]).pipe(
    Option.flatMap(parseJson),
    Option.filter((value): value is string => typeof value === "string" && value.trim() !== "")
  )

/**
 * Text for the pull request if the model's answer could not be read: that there is no review, and the summary if it can
 * be found. `raw` is the model's text.
 */
export const fallback = (raw: string): string =>
  Option.match(summaryIn(raw), {
    onNone: () =>
      `I looked at this pull request, but could not turn my answer into a review. No finding was settled.\n\n${advice}`,
    onSome: (summary) =>
      `${
        fit(summary, 20_000)
      }\n\n_No inline comments are available: only this much of my answer could be read. ${advice}_`
  })
