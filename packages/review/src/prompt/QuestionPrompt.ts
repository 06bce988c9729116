import type { ChangedFile } from "@nominal-code/domain/diff/Patch"
import type { PullRequest } from "@nominal-code/domain/event/PullRequest"
import type { Discussion } from "@nominal-code/domain/review/Review"
import { fitDiffs, portionsOf } from "../context/DiffBudget.ts"
import { planByPath } from "../context/Plan.ts"
import type { OwnPostTest } from "../ledger/Thread.ts"
import { cut, header, heading, longestRequest, newestComments, type Place, placeText, shownFile } from "./Prompt.ts"
import { block } from "./UntrustedBlocks.ts"

/** Parts of the prompt of a question. */
export interface QuestionParts {
  readonly pullRequest: PullRequest
  readonly commits: ReadonlyArray<string>
  readonly files: ReadonlyArray<ChangedFile>
  readonly question: string
  /** Place on the diff where it was asked. */
  readonly place: Place
  /** Comments before the question in its thread or, where it has none, below the pull request; oldest first. */
  readonly talk: ReadonlyArray<Discussion>
  /** True for a comment of our own. */
  readonly isOurs: OwnPostTest
  /** True if the thread is about a finding of ours. */
  readonly aboutFinding: boolean
}

/** Tokens of the diffs that are shown to a question that was not asked on the diff. The tools show the rest. */
const diffBudget = 3_000

/** Number of changed files that are named. */
const mostNames = 100

const named = (files: ReadonlyArray<ChangedFile>): ReadonlyArray<string> => [
  "## Changed files",
  [
    ...files.slice(0, mostNames).map((file) => heading(file).replace(/^#+ /, "- ")),
    ...(files.length > mostNames ? [`- and ${files.length - mostNames} more`] : [])
  ].join("\n")
]

const changes = ({ files, place }: QuestionParts): ReadonlyArray<string> => {
  const shown = place.path === undefined ? fitDiffs(portionsOf(planByPath(files).files), diffBudget).shown : []
  return [...named(files), ...shown.map(shownFile)]
}

const talkText = ({ isOurs, talk }: QuestionParts): ReadonlyArray<string> =>
  talk.length === 0 ? [] : [
    "## The conversation so far",
    ...newestComments(talk.map((one) => isOurs(one) ? { ...one, author: "you" } : one))
  ]

/** User prompt of a question. Untrusted text stands between tags, and cannot close them. */
export const questionPrompt = (parts: QuestionParts): string =>
  [
    ...header(parts),
    ...changes(parts),
    ...talkText(parts),
    "## The question",
    block("untrusted-request", cut(parts.question, longestRequest)),
    ...placeText(parts.place),
    parts.aboutFinding
      ? "It is a reply to your finding. Answer it, and withdraw the finding if it does not hold."
      : "Answer it."
  ].join("\n\n")
