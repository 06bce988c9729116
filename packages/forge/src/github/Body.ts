import type { MarkerSeal } from "@nominal-code/domain/review/MarkerSeal"
import type { InlineComment, ReviewDraft } from "@nominal-code/domain/review/Review"
import { fenced } from "../Markdown.ts"
import type { OutgoingText } from "../outgoing/OutgoingText.ts"
import { makeBodies } from "../PostedBody.ts"

/** Maximum length of a body. GitHub takes 65,536 characters; the margin is for what it counts differently. */
const longest = 65_000

const suggestionOf = ({ side }: InlineComment["finding"]) => (code: string): string =>
  fenced(side === "RIGHT" ? "suggestion" : "", code)

/** Makes the bodies of our posts on GitHub. */
export const makeGitHubBodies = (seal: MarkerSeal, text: OutgoingText) => {
  const { bodyOver, commentBody, markedBody, reviewBody } = makeBodies({ longest, seal, text })
  /** One comment of a review, in GitHub's form. */
  const reviewComment = (draft: ReviewDraft, comment: InlineComment) => {
    const { line, path, side, startLine } = comment.finding
    return {
      path,
      line,
      side,
      body: commentBody(draft, comment, suggestionOf(comment.finding)),
      ...(startLine === undefined || startLine === line ? {} : { start_line: startLine, start_side: side })
    }
  }
  return { bodyOver, markedBody, reviewBody, reviewComment }
}

export type GitHubBodies = ReturnType<typeof makeGitHubBodies>
