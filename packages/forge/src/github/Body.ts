import { Marker, renderMarker } from "@nominal-code/domain/Marker"
import type { InlineComment, ReviewDraft } from "@nominal-code/domain/Review"
import { foldInto } from "../FoldedFindings.ts"
import { fenced, fit } from "../Markdown.ts"

/** Maximum length of a body. GitHub takes 65,536 characters; the margin is for what it counts differently. */
const longestBody = 65_000

/** Limit of the markers of folded findings, a hundred characters each. More would push out the text. */
const mostFoldedMarkers = 100

const withTail = (text: string, tail: string): string => {
  const end = `\n\n${tail}`
  return `${fit(text, longestBody - end.length)}${end}`
}

/** Appends the hidden marker to a text. A long text is cut, the marker is not. */
export const markedBody = (text: string, marker: Marker): string => withTail(text, renderMarker(marker))

/** Body of a review: the summary with the folded findings, and a marker for each. */
export const reviewBody = (
  { headSha, jobId, scope, summary }: ReviewDraft,
  folded: ReadonlyArray<InlineComment>
): string => {
  const markers = [
    new Marker({ jobId, headSha, ...(scope === "request" ? { scope } : {}) }),
    ...folded.slice(0, mostFoldedMarkers).map(({ fingerprint }) => new Marker({ jobId, headSha, fingerprint }))
  ]
  return withTail(
    foldInto(summary, folded.map(({ finding }) => finding), "refused"),
    markers.map(renderMarker).join("\n")
  )
}

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
