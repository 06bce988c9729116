import { Option } from "effect"
import { parseJson } from "./Json.ts"
import { type OutgoingTextRules, sanitise } from "./Sanitise.ts"

const advice = "Mention me again to start a new review. If this keeps happening, please contact an administrator."

const quotedSummary = /"summary"\s*:\s*("(?:[^"\\]|\\[^])*")/

/** The summary in a broken answer, where it can be made out. */
const summaryIn = (raw: string): Option.Option<string> =>
  Option.fromNullishOr(quotedSummary.exec(raw)?.[1]).pipe(
    Option.flatMap(parseJson),
    Option.filter((value): value is string => typeof value === "string" && value.trim() !== "")
  )

/**
 * What the pull request is told when the model's answer could not be read: the summary, if that much can be made out,
 * and in any case that this is no review. `raw` is what the model wrote.
 */
export const fallback = (raw: string, rules: OutgoingTextRules): string =>
  Option.match(summaryIn(raw), {
    onNone: () =>
      `I looked at this pull request, but could not put my answer into a review. Nothing was checked off.\n\n${advice}`,
    onSome: (summary) =>
      `${
        sanitise(summary.slice(0, 20_000), rules)
      }\n\n_No inline comments are available: only this much of my answer could be read. ${advice}_`
  })
