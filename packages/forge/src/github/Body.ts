import { Marker, renderMarker } from "@nominal-code/domain/Marker"
import type { InlineComment, ReviewDraft } from "@nominal-code/domain/Review"
import { fenced } from "../Markdown.ts"
import { makeBodies } from "../PostedBody.ts"

/** Maximum length of a body. GitHub takes 65,536 characters; the margin is for what it counts differently. */
const longestBody = 65_000

const { markedBody, reviewBody, withTail } = makeBodies(longestBody)
export { markedBody, reviewBody }

const suggestionOf = ({ side, suggestion }: InlineComment["finding"]): string =>
  suggestion === undefined ? "" : fenced(side === "RIGHT" ? "suggestion" : "", suggestion)

/** One comment of a review, in GitHub's form. */
export const reviewComment = ({ headSha, jobId }: ReviewDraft, { finding, fingerprint }: InlineComment) => {
  const marker = renderMarker(new Marker({ jobId, headSha, fingerprint }))
  const suggestion = suggestionOf(finding)
  // A suggestion that is cut would replace code with half of its text, so it is there whole or not at all.
  const fits = suggestion !== "" && suggestion.length < longestBody / 2
  const { body, line, path, side, startLine } = finding
  return {
    path,
    line,
    side,
    body: withTail(body, fits ? `${suggestion}\n\n${marker}` : marker),
    ...(startLine === undefined || startLine === line ? {} : { start_line: startLine, start_side: side })
  }
}
