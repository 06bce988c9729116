import { Marker, renderMarker } from "@nominal-code/domain/Marker"
import type { InlineComment, ReviewDraft } from "@nominal-code/domain/Review"
import { foldInto } from "./FoldedFindings.ts"
import { fit } from "./Markdown.ts"

/** Limit of the markers of folded findings, a hundred characters each. More would push out the text. */
const mostFoldedMarkers = 100

/**
 * Makes the bodies of posts: text, then hidden markers. `longest`: maximum length of a body in characters. A long text
 * is cut, its tail is not. `clean` breaks what the forge would act on.
 */
export const makeBodies = (longest: number, clean: (text: string) => string = (text) => text) => {
  const withTail = (text: string, tail: string): string => {
    const end = `\n\n${tail}`
    return `${fit(clean(text), longest - end.length)}${end}`
  }
  return {
    withTail,
    /** Appends the hidden marker to a text. */
    markedBody: (text: string, marker: Marker): string => withTail(text, renderMarker(marker)),
    /** Body of a review: the summary with the folded findings, and a marker for each. */
    reviewBody: (
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
  }
}
