import type { PullRequestRef } from "@nominal-code/domain/event/PullRequest"
import type { Fingerprint } from "@nominal-code/domain/review/Finding"
import { Marker, splitMarkers } from "@nominal-code/domain/review/Marker"
import type { MarkerSeal } from "@nominal-code/domain/review/MarkerSeal"
import type { InlineComment, ReviewDraft } from "@nominal-code/domain/review/Review"
import { foldedIn, foldInto } from "./FoldedFindings.ts"
import { headOf } from "./JobPosts.ts"
import { closeFence } from "./Markdown.ts"
import type { OutgoingText } from "./outgoing/OutgoingText.ts"

/** Limit of the markers of folded findings, a hundred characters each. More would push out the text. */
const mostFoldedMarkers = 100

/** Number of earlier commits whose markers a summary keeps that is written over. */
const mostEarlierHeads = 50

/** Markers of a summary that one written over it keeps: the commits that it was of, then its findings. */
const kept = (markers: ReadonlyArray<Marker>): ReadonlyArray<Marker> => [
  ...markers.filter((marker) => headOf(marker) !== undefined).slice(0, mostEarlierHeads),
  ...markers.filter((marker) => headOf(marker) === undefined).slice(0, mostFoldedMarkers)
]

/** Options of the bodies of one forge's posts. */
interface BodyOptions {
  readonly seal: MarkerSeal
  readonly text: OutgoingText
  /** Maximum length of a body in characters. A long text is cut, its tail is not. */
  readonly longest: number
}

/** Makes the bodies of posts: text, then hidden markers under our seal. */
export const makeBodies = ({ longest, seal, text: gate }: BodyOptions) => {
  const withTail = (text: string, tail: string): string => {
    const end = `\n\n${tail}`
    return `${gate.markdown(text, longest - end.length)}${end}`
  }
  return {
    /** Text of a comment on the diff: its suggestion, in the forge's form, and its marker stand below the finding. */
    commentBody: (
      { headSha, jobId, pullRequest }: ReviewDraft,
      { finding, fingerprint }: InlineComment,
      fence: (code: string) => string
    ): string => {
      const marker = seal.tail(pullRequest, [new Marker({ jobId, headSha, fingerprint })])
      // A suggestion that is cut would replace code with half of its text, so it is there whole or not at all.
      const suggestion = gate.suggestion(finding.suggestion, longest / 2 - 1_000)
      return withTail(finding.body, suggestion === undefined ? marker : `${fence(suggestion)}\n\n${marker}`)
    },
    /** Appends the hidden marker to a text. */
    markedBody: (pullRequest: PullRequestRef, text: string, marker: Marker): string =>
      withTail(text, seal.tail(pullRequest, [marker])),
    /** Body of a review: the summary with the folded findings, and a marker for each finding that stands in it. */
    reviewBody: (draft: ReviewDraft, refused: ReadonlyArray<InlineComment>): string => {
      const inSummary = [...draft.folded, ...refused.map(({ fingerprint }) => fingerprint)]
      return withTail(
        foldInto(draft.summary, refused.map(({ finding }) => finding), "refused"),
        seal.tail(draft.pullRequest, markersOf(draft, inSummary))
      )
    },
    /** Body of a review that is written over the summary of an earlier one, whose folded findings stay. */
    bodyOver: (draft: ReviewDraft, earlier: string): string => {
      const { markers, text } = splitMarkers(earlier)
      const folded = foldedIn(text)
      return withTail(
        folded === "" ? draft.summary : `${closeFence(draft.summary)}\n\n${folded}`,
        seal.tail(draft.pullRequest, [...markersOf(draft, draft.folded), ...kept(markers)])
      )
    }
  }
}

/** Markers of a review: its own, one of each finding that it calls fixed, and one of each that stands in its summary. */
const markersOf = (
  { fixed = [], headSha, jobId, scope }: ReviewDraft,
  inSummary: ReadonlyArray<Fingerprint>
): ReadonlyArray<Marker> => [
  new Marker({ jobId, headSha, ...(scope === "request" ? { scope } : {}) }),
  ...fixed.map((fingerprint) => new Marker({ jobId, headSha, fixed: fingerprint })),
  ...inSummary.slice(0, mostFoldedMarkers).map((fingerprint) => new Marker({ jobId, headSha, fingerprint }))
]
