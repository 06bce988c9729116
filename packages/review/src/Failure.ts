import { JobOutcome } from "@nominal-code/domain/Job"
import * as Redaction from "@nominal-code/domain/Redaction"

/** Where a review failed: the first word of its reason. */
export type Stage = "model" | "checkout" | "forge" | "installation" | "lease"

const longest = 600

const redact = Redaction.make([])

/** One line: what failed, and how. It is for operators, and no text for the pull request. */
export const failed = (stage: Stage, message: string, retryable: boolean): JobOutcome =>
  JobOutcome.cases.Failed.make({
    reason: `${stage}: ${redact(message).replaceAll(/\s+/g, " ").trim().slice(0, longest)}`,
    retryable
  })

/** What each first word of a reason means. The later ones are of what runs a review elsewhere. */
const explanations: Readonly<Record<string, string>> = {
  model: "the language model did not give an answer that can be used",
  checkout: "the repository could not be checked out",
  forge: "the pull request could not be read, or the review could not be posted",
  installation: "this installation is not complete",
  lease: "another process has taken it over",
  memory: "it needed more memory than it may use",
  deadline: "it took longer than it may",
  evicted: "the cluster stopped it before it was done",
  image: "its container image could not be started",
  cluster: "the cluster did not take it",
  pod: "its process ended before it was done"
} satisfies Record<Stage, string> & Record<string, string>

/** What a reader of the pull request may know of a reason: a sentence of ours, and not a word of anybody else's. */
export const explain = (reason: string): string => {
  const explanation = Object.entries(explanations).find(([stage]) => reason.startsWith(`${stage}:`))?.[1]
  if (explanation !== undefined) return explanation
  return /deadline|time|took longer/i.test(reason) ? "it took longer than it may" : "something unexpected went wrong"
}
