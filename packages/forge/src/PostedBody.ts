import { Marker } from "@nominal-code/domain/Marker"
import type { MarkerSeal } from "@nominal-code/domain/MarkerSeal"
import type { PullRequestRef } from "@nominal-code/domain/PullRequest"
import type { InlineComment, ReviewDraft } from "@nominal-code/domain/Review"
import { foldInto } from "./FoldedFindings.ts"
import { fit } from "./Markdown.ts"

/** Limit of the markers of folded findings, a hundred characters each. More would push out the text. */
const mostFoldedMarkers = 100

/** Options of the bodies of one forge's posts. */
interface BodyOptions {
  readonly seal: MarkerSeal
  /** Maximum length of a body in characters. A long text is cut, its tail is not. */
  readonly longest: number
  /** Breaks what the forge would act on. */
  readonly clean?: (text: string) => string
}

/** Makes the bodies of posts: text, then hidden markers under our seal. */
export const makeBodies = ({ clean = (text) => text, longest, seal }: BodyOptions) => {
  const withTail = (text: string, tail: string): string => {
    const end = `\n\n${tail}`
    return `${fit(clean(text), longest - end.length)}${end}`
  }
  return {
    /** Text of a comment on the diff: its suggestion, already fenced, and its marker stand below the finding. */
    commentBody: (
      { headSha, jobId, pullRequest }: ReviewDraft,
      { finding, fingerprint }: InlineComment,
      suggestion: string
    ): string => {
      const marker = seal.tail(pullRequest, [new Marker({ jobId, headSha, fingerprint })])
      // A suggestion that is cut would replace code with half of its text, so it is there whole or not at all.
      const fits = suggestion !== "" && suggestion.length < longest / 2
      return withTail(finding.body, fits ? `${suggestion}\n\n${marker}` : marker)
    },
    /** Appends the hidden marker to a text. */
    markedBody: (pullRequest: PullRequestRef, text: string, marker: Marker): string =>
      withTail(text, seal.tail(pullRequest, [marker])),
    /** Body of a review: the summary with the folded findings, and a marker for each finding that stands in it. */
    reviewBody: (
      { folded, headSha, jobId, pullRequest, scope, summary }: ReviewDraft,
      refused: ReadonlyArray<InlineComment>
    ): string => {
      const inSummary = [...folded, ...refused.map(({ fingerprint }) => fingerprint)]
      const markers = [
        new Marker({ jobId, headSha, ...(scope === "request" ? { scope } : {}) }),
        ...inSummary.slice(0, mostFoldedMarkers).map((fingerprint) => new Marker({ jobId, headSha, fingerprint }))
      ]
      return withTail(
        foldInto(summary, refused.map(({ finding }) => finding), "refused"),
        seal.tail(pullRequest, markers)
      )
    }
  }
}
