import type { MarkerSeal } from "@nominal-code/domain/review/MarkerSeal"
import type { InlineComment, ReviewDraft } from "@nominal-code/domain/review/Review"
import { fenced } from "../Markdown.ts"
import type { OutgoingText } from "../outgoing/OutgoingText.ts"
import { makeBodies } from "../PostedBody.ts"

/** Maximum length of a body. GitLab takes four times as much, but a longer one would hold up the process to be cleaned. */
const longest = 250_000

/** Most lines above the commented one that a suggestion may replace. */
const mostLinesAbove = 100

/** Suggestion in GitLab's form, which counts the replaced lines from the commented one. */
const suggestionOf = ({ line, side, startLine = line }: InlineComment["finding"]) => (code: string): string => {
  const above = line - startLine
  const applies = side === "RIGHT" && above >= 0 && above <= mostLinesAbove
  return fenced(applies ? `suggestion:-${above}+0` : "", code)
}

/** Makes the bodies of our posts on GitLab. */
export const makeGitLabBodies = (seal: MarkerSeal, text: OutgoingText) => {
  const { bodyOver, commentBody, markedBody, reviewBody } = makeBodies({ longest, seal, text })
  return {
    bodyOver,
    commentBody: (draft: ReviewDraft, comment: InlineComment): string =>
      commentBody(draft, comment, suggestionOf(comment.finding)),
    markedBody,
    reviewBody
  }
}

export type GitLabBodies = ReturnType<typeof makeGitLabBodies>
