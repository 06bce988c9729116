import { Marker, renderMarker } from "@nominal-code/domain/Marker"
import type { InlineComment, ReviewDraft } from "@nominal-code/domain/Review"
import { fenced } from "../Markdown.ts"
import { makeBodies } from "../PostedBody.ts"
import { clean } from "./Clean.ts"

/** Maximum length of a body. GitLab takes 1,000,000 characters; the margin is for what it counts differently. */
const longestBody = 990_000

const { markedBody, reviewBody, withTail } = makeBodies(longestBody, clean)
export { markedBody, reviewBody }

/** Most lines above the commented one that a suggestion may replace. */
const mostLinesAbove = 100

/** Suggestion in GitLab's form, which counts the replaced lines from the commented one. */
const suggestionOf = ({ line, side, startLine = line, suggestion }: InlineComment["finding"]): string => {
  if (suggestion === undefined) return ""
  const above = line - startLine
  const applies = side === "RIGHT" && above >= 0 && above <= mostLinesAbove
  return fenced(applies ? `suggestion:-${above}+0` : "", suggestion)
}

/** Body of one comment of a review. */
export const commentBody = ({ headSha, jobId }: ReviewDraft, { finding, fingerprint }: InlineComment): string => {
  const marker = renderMarker(new Marker({ jobId, headSha, fingerprint }))
  const suggestion = suggestionOf(finding)
  // A suggestion that is cut would replace code with half of its text, so it is there whole or not at all.
  const fits = suggestion !== "" && suggestion.length < longestBody / 2
  return withTail(finding.body, fits ? `${suggestion}\n\n${marker}` : marker)
}
