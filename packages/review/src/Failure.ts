import { JobOutcome } from "@nominal-code/domain/Job"
import * as Redaction from "@nominal-code/domain/Redaction"

const stages = ["model", "checkout", "forge", "installation"] as const

/** Where a review failed: the first word of its reason. */
export type Stage = typeof stages[number]

const longest = 600

const redact = Redaction.make([])

/** One line: what failed, and how. It is for operators, and no text for the pull request. */
export const failed = (stage: Stage, message: string, retryable: boolean): JobOutcome =>
  JobOutcome.cases.Failed.make({
    reason: `${stage}: ${redact(message).replaceAll(/\s+/g, " ").trim().slice(0, longest)}`,
    retryable
  })

const explanations: Readonly<Record<Stage, string>> = {
  model: "the language model did not give an answer that can be used",
  checkout: "the repository could not be checked out",
  forge: "the pull request could not be read, or the review could not be posted",
  installation: "this installation is not complete"
}

/** What a reader of the pull request may know of a reason: a sentence of ours, and not a word of anybody else's. */
export const explain = (reason: string): string => {
  const stage = stages.find((stage) => reason.startsWith(`${stage}:`))
  if (stage !== undefined) return explanations[stage]
  return /deadline|time|took longer/i.test(reason) ? "it took longer than it may" : "something unexpected went wrong"
}
